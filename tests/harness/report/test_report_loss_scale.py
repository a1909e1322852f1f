from report_factories import manifest, trained, workload

from harness.report import loss_scale, markdown
from harness.report.plots import Pictures
from harness.report.summary import summarize


def scaled(arm, seed, scales, skipped):
    told = {"scales": scales, "steps": 100, "skipped": skipped}
    return trained(arm, seed, 0.9, precision="fp16", loss_scale=told)


def summary(*records):
    return summarize(manifest(precisions=["fp16"]), list(records), {"mlp_digits": workload()})


def test_steps_are_of_all_seeds_and_the_scale_is_told_as_it_changes():
    found = summary(
        scaled("torch", 1, [32768.0] * 3, 4),
        scaled("torch", 0, [65536.0, 32768.0, 32768.0], 1),
        scaled("keras-jax", 0, [65536.0] * 3, 0),
    )
    sheet = loss_scale.sheet(found.comparisons)
    assert [[field.shown for field in row] for row in sheet.rows] == [
        ["mlp_digits · fp16", "torch", "5 of 200", "65,536 (1 epoch), 32,768 (2 epochs)"],
        ["mlp_digits · fp16", "keras-jax", "0 of 100", "65,536 (3 epochs)"],
    ]
    chapter = markdown.render(found, Pictures({}, None)).split("\n## Mixed precision\n")[1].split("\n## ")[0]
    assert "| `torch`" in chapter
    assert "5 of 200" in chapter


def test_without_float16_there_is_nothing():
    assert loss_scale.sheet(summary(trained("torch", 0, 0.9, precision="fp16")).comparisons) is None
    assert "Mixed precision" not in markdown.render(summary(trained("torch", 0, 0.9)), Pictures({}, None))
