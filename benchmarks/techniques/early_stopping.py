"""Early stopping: ending when held-out samples say that nothing more is learnt but the training set by heart."""

from benchmarks.techniques.checkpointing import EPOCHS, OVERFITTING
from benchmarks.techniques.variation import vary
from harness.contract import Expectation, Stopping, Technique, Variant

FIGURES = ("epochs", "train_metric", "gap")
PATIENCE = 5


def variant(name: str, about: str, stopping: Stopping | None) -> Variant:
    """Return the MLP on MNIST-1D, stopped early."""
    return vary("early_stopping", OVERFITTING, name, about, stopping=stopping, figures=FIGURES)


TECHNIQUE = Technique(
    name="early_stopping",
    title="Early stopping",
    about="The MLP on 800 samples of MNIST-1D, stopped by the loss of 200 others (Prechelt, 1998).",
    variants=(
        variant("none", "the whole budget", None),
        variant("patience", "after five epochs without progress", Stopping(PATIENCE)),
        variant("patient", "after fifteen epochs without progress", Stopping(3 * PATIENCE)),
        variant("min_delta", "progress is at least 0.03", Stopping(PATIENCE, min_delta=0.03)),
        variant("restore_best", "with the parameters of the best epoch", Stopping(PATIENCE, restore_best=True)),
    ),
    expectations=(
        Expectation("epochs", "none", "the budget", at_least=EPOCHS, at_most=EPOCHS),
        Expectation("epochs", "patience", "most epochs learn by heart", against="none", at_most=-15),
        Expectation("test_loss", "patience", "and make the sure and wrong surer", against="none", at_most=-0.3),
        Expectation("epochs", "patient", "the more patience, the more epochs", against="patience", at_least=5),
        Expectation("epochs", "min_delta", "small progress does not count", against="patience", at_most=0),
        Expectation("test_loss", "restore_best", "five epochs too many are undone", against="patience", at_most=0.02),
        Expectation("epochs", "restore_best", "what is restored does not change when", "patience", 0, 0),
    ),
)
