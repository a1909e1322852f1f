"""Data loading: what it costs that batches come out of a framework's input pipeline, and not out of arrays in memory.

LeNet-5 on 2,000 digits that fit into memory, so that nothing is read or decoded: what is measured is what a pipeline
itself costs, and that is what it must be worth where samples have to be fetched. Batches and their order are the same
in every variant (gate ``data``), so training ends the same to the bit. Rates are taken in the process that has just
trained, pipeline and whole epochs in turns with arrays in memory, on one clock (``harness/measure/feeding.py``).
"""

from benchmarks.techniques.variation import vary
from benchmarks.workloads.lenet_mnist5k import WORKLOAD
from harness.contract import Expectation, Loading, Technique, Variant

SAMPLES, EPOCHS = 2000, 2
FIGURES = ("pipeline_rate", "pipeline_ratio", "epoch_rate", "epoch_ratio", "contended")

CHOICES: dict[str, tuple[str, Loading | None]] = {
    "memory": ("arrays in memory: by index in PyTorch; in Keras `fit` on them in the order of the epoch", None),
    "dataloader_0": ("a DataLoader that puts batches together sample by sample", Loading("dataloader")),
    "dataloader_2": (
        "a DataLoader with two processes, which begin and end with every epoch, as is its default",
        Loading("dataloader", workers=2),
    ),
    "dataloader_pinned": (
        "a DataLoader with two processes and page-locked memory",
        Loading("dataloader", workers=2, pinned=True),
    ),
    "tf_data": ("a tf.data.Dataset of slices, batched and prefetched", Loading("tf_data")),
    "pydataset_0": ("a PyDataset that cuts batches out of the arrays", Loading("pydataset")),
    "pydataset_2": ("a PyDataset with two threads", Loading("pydataset", workers=2)),
    "grain": ("a grain.MapDataset, batched, read by its own threads", Loading("grain")),
}


def variant(name: str) -> Variant:
    """Return LeNet-5 on 2,000 digits, its batches loaded in one of the ways."""
    about, loading = CHOICES[name]
    changes = {"samples": SAMPLES, "epochs": EPOCHS, "loading": loading, "figures": FIGURES}
    return vary("data_loading", WORKLOAD, name, about, **changes)


def same_end(figure: str, name: str) -> Expectation:
    """Return that a variant ends with the very figure of arrays in memory."""
    because = "it delivers the same batches in the same order"
    return Expectation(figure, name, because, against="memory", at_least=0.0, at_most=0.0)


SAMPLE_BY_SAMPLE = "a sample costs some microseconds of Python, to fetch it and to put it into its batch"
TECHNIQUE = Technique(
    name="data_loading",
    title="Data loading",
    about="LeNet-5 on 2,000 digits from arrays in memory, and from what each framework loads batches with. Rates are "
    "samples a second, ratios those beside arrays in memory in that process: each arm's own memory is its reference.",
    variants=tuple(map(variant, CHOICES)),
    expectations=(
        *(
            same_end(figure, name)
            for name in CHOICES
            if name != "memory"
            for figure in ("metric", "test_loss", "train_loss")
        ),
        Expectation("pipeline_ratio", "memory", "it is measured beside itself", at_least=0.8, at_most=1.25),
        Expectation("epoch_ratio", "memory", "it is measured beside itself", at_least=0.8, at_most=1.25),
        Expectation("pipeline_ratio", "dataloader_0", SAMPLE_BY_SAMPLE, at_most=0.8),
        Expectation("epoch_ratio", "dataloader_0", "the pipeline is a part of the epoch", at_least=0.3, at_most=1.05),
        Expectation(
            "pipeline_ratio",
            "dataloader_2",
            "two processes have to begin, and every batch crosses over from one of them",
            at_most=0.8,
        ),
        Expectation(
            "epoch_ratio", "dataloader_2", "there is nothing to fetch that is worth two processes", at_most=1.0
        ),
        Expectation("epoch_ratio", "tf_data", "C++ makes the batches, beside the training", at_least=0.7, at_most=1.4),
        Expectation("epoch_ratio", "pydataset_0", "to take a batch by its indices is cheap", at_least=0.7, at_most=1.2),
        Expectation("epoch_ratio", "pydataset_2", "threads hand over what was cheap to cut", at_least=0.3, at_most=1.1),
        Expectation("pipeline_ratio", "grain", f"{SAMPLE_BY_SAMPLE}; its threads share one interpreter", at_most=0.8),
    ),
)
