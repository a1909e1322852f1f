"""Techniques in suites and on the command line: how they are named, narrowed, looked at once, listed and planned."""

import json

import pytest

from harness import registry
from harness.matrix import SuiteError, plan, read_suite, variants
from harness.narrow import fast, narrow
from harness.parity import proofs
from harness.registry import UnknownName

OPTIMIZERS = [variant.workload.name for variant in registry.find_technique("optimizers").variants]
KERAS = ["keras-tensorflow", "keras-jax", "keras-torch"]


@pytest.fixture
def read(tmp_path):
    """``read(**fields)`` reads a suite of these fields and a few that every suite needs."""

    def read(**fields):
        path = tmp_path / "mine.yaml"
        content = {"title": "Mine", "arms": ["torch", *KERAS], "launches": 2, "seeds": 5, "threads": 1} | fields
        path.write_text(json.dumps(content))
        return read_suite(str(path))

    return read


def names(suite):
    return [choice.name for choice in suite.workloads]


def test_a_technique_stands_for_its_variants(read):
    suite = read(techniques=["optimizers"])
    assert names(suite) == OPTIMIZERS
    assert suite.techniques == ["optimizers"]
    assert suite.named == ["optimizers"]


def test_all_means_every_technique(read):
    suite = read(techniques="all")
    assert suite.techniques == list(registry.techniques())
    assert names(suite) == list(registry.variants())


def test_techniques_come_beside_workloads_whose_settings_hold(read):
    own = {"name": "optimizers.adam", "epochs": 2}
    suite = read(techniques=["optimizers"], workloads=["softmax_digits", own])
    assert names(suite) == ["softmax_digits", "optimizers.adam", *(n for n in OPTIMIZERS if n != "optimizers.adam")]
    assert suite.workloads[1].epochs == 2
    assert suite.named == ["softmax_digits", "optimizers"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"techniques": ["optimzers"]}, "unknown technique 'optimzers'; did you mean 'optimizers'?"),
        ({"techniques": ["optimizers", "optimizers"]}, "field 'techniques': named more than once: optimizers"),
        ({"techniques": "optimizers"}, "field 'techniques': Input should be a valid list, not 'optimizers'"),
        (
            {"techniques": ["optimizers"], "tracks": ["stok"]},
            "field 'tracks.0': unknown track 'stok'; did you mean 'st",
        ),
        (
            {"workloads": [{"name": "mlp_digits", "arms": ["numpy"]}]},
            "arms of a workload that the suite has not: numpy",
        ),
    ],
)
def test_what_is_wrong_with_them_is_named(read, tmp_path, fields, message):
    with pytest.raises(SuiteError) as error:
        read(**fields)
    assert any(line.startswith(f"{tmp_path / 'mine.yaml'}: {message}") for line in str(error.value).splitlines())


def test_narrowed_to_techniques(read):
    suite = read(workloads=["softmax_digits"])
    assert names(narrow(suite, techniques=["optimizers"])) == OPTIMIZERS
    assert narrow(suite, techniques=["optimizers"]).techniques == ["optimizers"]
    with pytest.raises(UnknownName, match="unknown technique 'optimzers'; did you mean 'optimizers'"):
        narrow(suite, techniques=["optimzers"])


def test_narrowed_to_variants(read):
    suite = read(techniques=["optimizers"])
    assert narrow(suite, workloads=["optimizers.adam", "optimizers.sgd"]).techniques == ["optimizers"]
    assert narrow(suite, workloads=["softmax_digits"]).techniques == []
    assert narrow(suite, seeds=2).techniques == ["optimizers"]


def test_a_fast_look_gives_each_variant_the_reference_and_one_other_in_turns(read):
    suite = fast(read(techniques=["optimizers"], workloads=["softmax_digits"], tracks=["matched", "stock"]))
    assert (suite.seeds, suite.launches, suite.tracks) == (1, 1, ["matched"])
    plain, *varied = suite.workloads
    assert plain.arms is None
    assert [choice.arms for choice in varied] == [["torch", KERAS[i % 3]] for i in range(len(varied))]
    sittings = {sitting.workload.name: sitting.arms for launch in plan(suite) for sitting in launch.sittings}
    assert sittings["optimizers.sgd"] == ("torch", "keras-tensorflow")
    assert sittings["optimizers.nesterov"] == ("torch", "keras-torch")
    assert sittings["softmax_digits"] == ("torch", *KERAS)
    assert {pair.arm for pair in proofs.pairs(suite) if pair.workload and pair.workload.name == "optimizers.sgd"} <= {
        "torch",
        "keras-tensorflow",
    }


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"techniques": ["schedules", "losses"]},
        {"workloads": ["optimizers.nesterov"]},
        {"workloads": ["optimizers.nesterov"], "techniques": ["losses"]},
    ],
)
def test_a_fast_look_narrowed_to_its_own_rests_on_the_same(chosen):
    """As where the command of a refusal names what is to be proven."""
    look = fast(narrow(read_suite("techniques"), **chosen))
    named = [name for one in look.named for name in (variants([one]) if one in registry.techniques() else [one])]
    again = {choice.name: choice.arms for choice in fast(narrow(read_suite("techniques"), workloads=named)).workloads}
    assert {choice.name: choice.arms for choice in look.workloads}.items() <= again.items()
    assert all(len(arms) == 2 for arms in again.values())


def test_a_fast_look_that_is_not_proven_is_refused_with_the_command_that_proves_it(twinbench, tmp_path):
    ended = twinbench("run", "techniques", "--fast", "--techniques", "schedules", "--results", str(tmp_path))
    assert ended.status == 2
    assert "twinbench parity schedules --suite techniques --fast --arms torch," in ended.err
    wrong = twinbench("parity", "schedules", "--fast", "--results", str(tmp_path))
    assert (wrong.status, wrong.err) == (2, "twinbench: --fast is of a suite; name it with --suite\n")


def test_a_fast_look_leaves_out_what_is_dear_unless_that_is_all(read):
    dear = "transfer_text"
    suite = fast(read(techniques=["optimizers", dear], workloads=["softmax_digits"]))
    assert suite.techniques == ["optimizers"]
    assert names(suite) == ["softmax_digits", *OPTIMIZERS]
    alone = fast(read(techniques=[dear]))
    assert alone.techniques == [dear]
    assert names(alone) == [variant.workload.name for variant in registry.find_technique(dear).variants]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"workloads": ["softmax_digits"]}, "--fast looks at techniques, and it has none"),
        ({"techniques": ["optimizers"], "arms": ["torch", "numpy"]}, "--fast wants a second arm beside torch"),
    ],
)
def test_a_fast_look_is_refused_where_there_is_nothing_to_see(read, fields, message):
    with pytest.raises(SuiteError, match=message):
        fast(read(**fields))


def test_every_track_is_trained_from_every_seed(read):
    launches = plan(read(techniques=["optimizers"], tracks=["matched", "stock"], launches=0, seeds=2))
    found = [sitting for launch in launches for sitting in launch.sittings]
    assert {(s.workload.name, s.workload.track, s.seed) for s in found} == {
        (name, track, seed) for name in OPTIMIZERS for track in ("matched", "stock") for seed in (0, 1)
    }
    assert len({sitting.name for sitting in found}) == len(found)
    assert {sitting.cell("torch", "accuracy").track for sitting in found} == {"matched", "stock"}


def test_the_suite_of_techniques_has_all_of_them_in_both_tracks():
    suite = read_suite("techniques")
    assert suite.techniques == list(registry.techniques())
    assert suite.tracks == ["matched", "stock"]
    assert suite.seeds >= 5


def test_a_technique_names_its_variants_for_parity():
    assert [workload.name for workload in registry.find_workloads("optimizers")] == OPTIMIZERS
    assert registry.find_workloads("optimizers.adam") == [registry.find_workload("optimizers.adam")]
    for wrong in ("optimzers", "optimizers.adm"):
        with pytest.raises(UnknownName, match="did you mean 'optimizers"):
            registry.find_workloads(wrong)


def test_they_are_listed_a_line_each(twinbench):
    lines = twinbench("list", "techniques").out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(registry.techniques())
    (line,) = [line for line in lines if line.startswith("optimizers")]
    assert {"mlp_digits", "sgd", "adamw"} <= set(line.split())
    rows = {row["technique"]: row for row in json.loads(twinbench("list", "techniques", "--json").out)}
    assert list(rows["optimizers"]["variants"]) == [name.partition(".")[2] for name in OPTIMIZERS]
    assert rows["optimizers"]["expectations"][0]["against"] == "sgd"


def test_variants_are_not_among_the_workloads(twinbench):
    assert not any("." in row["workload"] for row in json.loads(twinbench("list", "workloads", "--json").out))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--techniques", "optimzers"], "unknown technique 'optimzers'; did you mean 'optimizers'?"),
        (["--fast", "--seeds", "3"], "--fast chooses launches and seeds itself"),
        (["--fast", "--workloads", "softmax_digits"], "--fast looks at techniques, and it has none"),
    ],
)
def test_a_wrong_request_is_refused(twinbench, tmp_path, options, message):
    ended = twinbench("run", "techniques", *options, "--results", str(tmp_path / "results"))
    assert ended.status == 2
    assert message in ended.err
    assert list(tmp_path.iterdir()) == []
