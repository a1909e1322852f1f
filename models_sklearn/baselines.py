"""The classical models, each as a classifier and as a regressor.

Nothing here was chosen by looking at a test set, or at these data at all: the numbers are scikit-learn's defaults, or
those of the source that is named. They are written out all the same, so that another version means the same.
"""

from __future__ import annotations

from harness.contract import Baseline, Estimator

_TREES = {"n_estimators": 300, "max_depth": None, "bootstrap": True}

_BOOSTING = {
    "learning_rate": 0.1,
    "max_iter": 100,
    "max_leaf_nodes": 31,
    "max_depth": None,
    "min_samples_leaf": 20,
    "l2_regularization": 0.0,
    "max_features": 1.0,
    "max_bins": 255,
    "early_stopping": False,
}

_NEIGHBOURS = {"n_neighbors": 5, "weights": "uniform", "algorithm": "brute", "metric": "euclidean"}

_KERNEL = {"kernel": "rbf", "C": 1.0, "gamma": "scale", "shrinking": True, "tol": 1e-3, "cache_size": 200}

BASELINES = (
    Baseline(
        name="linear_model",
        title="Logistic regression, or ridge regression (Hoerl and Kennard, 1970)",
        estimators={
            "classification": Estimator(
                "sklearn.linear_model:LogisticRegression",
                {"C": 1.0, "solver": "lbfgs", "tol": 1e-4, "max_iter": 1000, "fit_intercept": True},
            ),
            "regression": Estimator(
                "sklearn.linear_model:Ridge", {"alpha": 1.0, "solver": "cholesky", "fit_intercept": True}
            ),
        },
    ),
    Baseline(
        name="random_forest",
        title="Random forest (Breiman, 2001); a split sees √F features of a classifier, F/3 of a regressor",
        estimators={
            "classification": Estimator(
                "sklearn.ensemble:RandomForestClassifier",
                {**_TREES, "criterion": "gini", "max_features": "sqrt", "min_samples_leaf": 1},
                seeded=True,
                parallel=True,
            ),
            # As Breiman's own program has it for regression: nodes of 5 samples, a third of the features.
            "regression": Estimator(
                "sklearn.ensemble:RandomForestRegressor",
                {**_TREES, "criterion": "squared_error", "max_features": 1 / 3, "min_samples_leaf": 5},
                seeded=True,
                parallel=True,
            ),
        },
    ),
    Baseline(
        name="gradient_boosting",
        title="Gradient boosting of trees (Friedman, 2001) on histograms of features, as in LightGBM (Ke et al., 2017)",
        estimators={
            "classification": Estimator(
                "sklearn.ensemble:HistGradientBoostingClassifier", {**_BOOSTING, "loss": "log_loss"}, seeded=True
            ),
            "regression": Estimator(
                "sklearn.ensemble:HistGradientBoostingRegressor", {**_BOOSTING, "loss": "squared_error"}, seeded=True
            ),
        },
    ),
    Baseline(
        name="nearest_neighbours",
        title="The five nearest neighbours (Cover and Hart, 1967)",
        estimators={
            "classification": Estimator("sklearn.neighbors:KNeighborsClassifier", _NEIGHBOURS, parallel=True),
            "regression": Estimator("sklearn.neighbors:KNeighborsRegressor", _NEIGHBOURS, parallel=True),
        },
    ),
    Baseline(
        name="support_vectors",
        title="Support vector machine with a Gaussian kernel (Cortes and Vapnik, 1995)",
        estimators={
            "classification": Estimator("sklearn.svm:SVC", _KERNEL),
            "regression": Estimator("sklearn.svm:SVR", {**_KERNEL, "epsilon": 0.1}),
        },
    ),
)
