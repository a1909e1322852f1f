"""Classical models in suites: what may be asked, which datasets they are fitted to, in which cells."""

import pytest
import yaml

from harness import registry
from harness.matrix import SuiteError, check_names, fits, plan, read_suite
from harness.narrow import narrow

SUITE = {
    "title": "Mine",
    "arms": ["torch"],
    "launches": 0,
    "seeds": 2,
    "threads": 1,
    "workloads": ["mlp_digits", "softmax_digits", "linear_diabetes", "gpt_python_docs"],
    "baselines": ["random_forest", "linear_model"],
}


@pytest.fixture
def read(tmp_path):
    """``read(**changes)`` reads the suite with other fields."""

    def read(**changes):
        path = tmp_path / "mine.yaml"
        path.write_text(yaml.safe_dump(SUITE | changes))
        return read_suite(str(path))

    return read


def test_each_dataset_that_can_be_learnt_has_a_cell_for_every_model_and_seed(read):
    cells = fits(read())
    assert [(cell.index, cell.workload, cell.baseline) for cell in cells] == [
        (seed, dataset, baseline)
        for seed in (0, 1)
        for dataset in ("digits", "diabetes")
        for baseline in ("random_forest", "linear_model")
    ]
    assert {(cell.scope, cell.arm, cell.precision, cell.threads, cell.seed == cell.index) for cell in cells} == {
        ("accuracy", "sklearn", "fp64", 1, True)
    }


def test_all_means_every_model_and_none_is_the_default(read):
    assert read(baselines="all").baselines == list(registry.baselines())
    assert fits(read(baselines=[])) == []
    assert read_suite("quick").baselines == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"baselines": ["random_forrest"]}, "unknown baseline 'random_forrest'; did you mean 'random_forest'?"),
        ({"baselines": ["linear_model", "linear_model"]}, "field 'baselines': named more than once: linear_model"),
        ({"baselines": 3}, "field 'baselines': Input should be a valid list, not 3"),
        (
            {"workloads": ["gpt_python_docs"]},
            "field 'baselines': no workload here has a dataset that a classical model learns",
        ),
    ],
)
def test_what_cannot_be_fitted_is_refused(read, tmp_path, changes, message):
    with pytest.raises(SuiteError) as error:
        read(**changes)
    assert str(error.value) == f"{tmp_path / 'mine.yaml'}: {message}"


def test_narrowing_the_workloads_narrows_the_datasets(read):
    narrowed = narrow(read(), workloads=["linear_diabetes"], seeds=1)
    assert [(cell.workload, cell.baseline) for cell in fits(narrowed)] == [
        ("diabetes", "random_forest"),
        ("diabetes", "linear_model"),
    ]
    assert fits(narrow(read(), workloads=["gpt_python_docs"])) == []


def test_variants_of_techniques_do_not_count():
    assert not any(workload.suits_baselines for workload in registry.variants().values())


def test_the_shipped_suite_has_every_dataset_that_classical_models_learn():
    suite = read_suite("classical")
    check_names(suite)
    assert plan(suite.model_copy(update={"threads": 1}))
    wanted = {workload.dataset for workload in registry.workloads().values() if workload.suits_baselines}
    assert {cell.workload for cell in fits(suite.model_copy(update={"threads": 1}))} == wanted
    assert wanted == {"breast_cancer", "diabetes", "digits", "mnist1d", "mnist5k"}
    assert suite.seeds >= 5
    for name in wanted:
        assert registry.load_dataset(name).task in ("classification", "regression")


def test_the_networks_of_a_dataset_are_measured_alike():
    """Whatever classical models are held against on a dataset has one metric, and is the more the better."""
    found = [workload for workload in registry.workloads().values() if workload.suits_baselines]
    kinds = {(workload.dataset, workload.metric) for workload in found}
    assert len(kinds) == len({dataset for dataset, _ in kinds})
    assert not any(workload.less_is_better for workload in found)
