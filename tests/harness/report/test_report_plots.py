import itertools

import numpy as np
import pytest
from dashboard_runs import large
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import same_color, to_rgb
from matplotlib.image import imread
from report_factories import manifest, raced, status, trained, whole_run, workload

from harness import registry
from harness.report import figures, markdown, plots
from harness.report.summary import summarize

WORKLOADS = {"mlp_digits": workload(), "lenet/../<b>": workload("lenet/../<b>")}


def summary(records, run=None):
    return summarize(run or manifest(), records, WORKLOADS)


def lines_of(axes, arm):
    return [line for line in axes.lines if same_color(line.get_color(), plots.colour(arm))]


def every_arm(monkeypatch):
    """The arms of this repository, forms of them and peers too."""
    monkeypatch.setenv("TWINBENCH_ARMS", "benchmarks.peers")
    registry.arms.cache_clear()
    registry.forms.cache_clear()
    found = set(registry.every_arm())
    registry.arms.cache_clear()
    registry.forms.cache_clear()
    return found


def test_every_arm_has_a_colour_of_its_own(monkeypatch):
    assert every_arm(monkeypatch) | {"sklearn"} == set(plots.COLOURS)
    named = [plots.colour(arm) for arm in plots.COLOURS]
    assert len(set(named)) == len(named)
    assert plots.colour("my-arm") == plots.colour("my-arm")
    assert plots.colour("my-arm") not in named


SEEN = {
    "all colours": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
"""What is left of linear RGB for whom (Machado, Oliveira and Fernandes 2009, severity 1)."""

TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.119192, 0.9503041]]
)


def lab(colour, seen):
    """CIELAB of a colour as somebody sees it, under D65."""
    shares = np.array(to_rgb(colour))
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    x, y, z = np.cbrt(np.maximum(TO_XYZ @ np.clip(np.array(seen) @ linear, 0, 1) / [0.95047, 1, 1.08883], 0.0088))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("who", SEEN)
def test_arms_are_told_apart_with_any_colour_vision(who):
    places = {arm: lab(colour, SEEN[who]) for arm, colour in plots.COLOURS.items()}
    near = [
        (one, other)
        for one, other in itertools.combinations(places, 2)
        if np.linalg.norm(places[one] - places[other]) < 10
    ]
    assert near == []


def test_loss_curves_show_the_mean_over_seeds():
    records = [trained("torch", 0, 0.9, losses=(1.0, 0.5)), trained("torch", 1, 0.9, losses=(2.0, 0.7))]
    records += [trained("keras-jax", 0, 0.9, losses=(1.2, 0.4))]
    axes = plots.loss_curves(summary(records).comparisons[0]).axes[0]
    (torch,), (jax,) = lines_of(axes, "torch"), lines_of(axes, "keras-jax")
    assert list(torch.get_xdata()) == [1, 2]
    assert list(torch.get_ydata()) == pytest.approx([1.5, 0.6])
    assert list(jax.get_ydata()) == pytest.approx([1.2, 0.4])
    assert axes.get_ylabel() == "training loss: cross-entropy (nats)"
    band = axes.collections[0].get_paths()[0].vertices
    assert (band[:, 1].min(), band[:, 1].max()) == pytest.approx((0.5, 2.0))


@pytest.mark.parametrize(("last", "scale"), [(0.5, "linear"), (0.001, "log")])
def test_losses_over_decades_are_on_a_log_axis(last, scale):
    records = [trained("torch", 0, 0.9, losses=(1.0, last))]
    assert plots.loss_curves(summary(records).comparisons[0]).axes[0].get_yscale() == scale


def test_the_forest_plot_draws_estimates_and_intervals():
    found = summary(whole_run())
    axes = plots.forest(found.comparisons).axes[0]
    assert axes.get_xscale() == "log"
    interval, estimate = lines_of(axes, "keras-jax")
    ratio = found.comparisons[0].rows[1].ratio
    assert list(interval.get_xdata()) == pytest.approx([ratio.interval.low, ratio.interval.high])
    assert list(estimate.get_xdata()) == pytest.approx([ratio.estimate])
    low, high = axes.get_xlim()
    assert low < 1 < ratio.interval.high < high


@pytest.mark.parametrize(("workloads", "above"), [(2, False), (20, True)])
def test_a_tall_forest_plot_has_its_scale_at_both_ends(workloads, above):
    axes = plots.forest(large(workloads).comparisons).axes[0]
    assert axes.xaxis.get_tick_params()["labeltop"] == above
    assert axes.xaxis.get_tick_params()["labelbottom"]
    axes.figure.draw_without_rendering()
    key = axes.title.get_window_extent()
    scale = [tick.label2.get_window_extent() for tick in axes.xaxis.get_major_ticks() if tick.label2.get_visible()]
    assert bool(scale) == above
    assert not any(key.overlaps(number) for number in scale)


def test_a_look_is_drawn_open_and_a_verdict_filled():
    def face(records, run):
        axes = plots.forest(summary(records, run).comparisons).axes[0]
        return lines_of(axes, "keras-jax")[-1].get_markerfacecolor()

    assert same_color(face(whole_run(), manifest()), "white")
    assert same_color(face(whole_run(0, 8), manifest(launches=8)), plots.colour("keras-jax"))


def test_a_boundless_interval_does_not_flatten_the_rest():
    records = [raced("torch", k, 1.0) for k in range(2)] + [raced("keras-jax", 0, 0.1), raced("keras-jax", 1, 90.0)]
    axes = plots.forest(summary(records).comparisons).axes[0]
    low, high = axes.get_xlim()
    assert high / low < 100


def test_nothing_to_draw():
    empty = summary([])
    assert plots.loss_curves(empty.comparisons[0]) is None
    assert plots.forest(empty.comparisons) is None


def test_curves_drawn_over_others_are_as_new():
    wild = [trained("torch", s, 0.9, losses=(9.0, 1e-4 * (1 + s))) for s in range(3)]
    tame = [trained("keras-jax", 0, 0.9, losses=(0.4, 0.3, 0.2))]
    first, second = (summary(records).comparisons[0] for records in (wild, tame))
    for before, after in ((first, second), (second, first)):
        reused = plots.loss_curves(after, plots.loss_curves(before))
        assert np.array_equal(pixels(reused), pixels(plots.loss_curves(after)))
    assert not np.array_equal(pixels(plots.loss_curves(first)), pixels(plots.loss_curves(second)))


def pixels(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()).copy()


def test_the_first_comparisons_have_pictures_and_the_report_says_that_the_others_have_none(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "MOST", 2)
    for workloads, drawn in ((2, 2), (3, 2)):
        found = large(workloads)
        pictures = plots.draw(found, tmp_path)
        assert list(pictures.losses) == [f"network_{i:03} · fp32" for i in range(drawn)]
        told = markdown.render(found, pictures)
        assert ("Pictures are drawn of the first 2 of 3 comparisons;" in told) == (workloads > drawn)
        assert told.count("\n## network_") == workloads


def test_draw_writes_pictures_whatever_the_names(tmp_path):
    name = "lenet/../<b>"
    run = manifest((status("torch"), status("$x^2$")), workloads=[name])
    records = [raced(arm, k, 1.0 + k, on=name) for arm in ("torch", "$x^2$") for k in range(2)]
    records += [trained("$x^2$", 0, 0.9, on=name)]
    pictures = plots.draw(summary(records, run), tmp_path)
    assert pictures.ratios == "ratios.png"
    assert list(pictures.losses) == [f"{name} · fp32"]
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {pictures.ratios, *pictures.losses.values()}
    for file in written:
        assert np.ptp(imread(tmp_path / file)) > 0


def test_a_picture_keeps_the_colours_of_its_arms(tmp_path):
    pictures = plots.draw(summary(whole_run()), tmp_path)
    for file in (pictures.ratios, *pictures.losses.values()):
        inks = (255 * imread(tmp_path / file)[..., :3]).reshape(-1, 3)
        for arm in ("torch", "keras-jax") if file != pictures.ratios else ("keras-jax",):
            ink = [int(plots.colour(arm)[i : i + 2], 16) for i in (1, 3, 5)]
            assert np.abs(inks - ink).max(axis=1).min() <= 6
