"""Weights: four profiles that hold, and files of a user's own that are refused where they are wrong."""

import pytest

from harness import registry
from harness.advice import weighting
from harness.advice.criteria import CRITERIA
from harness.advice.ecosystem import facts
from harness.registry import UnknownName


@pytest.fixture
def file(tmp_path):
    def file(text):
        path = tmp_path / "weights.yaml"
        path.write_text(text)
        return path

    return file


def test_there_are_four_profiles_that_weigh_a_hundred_and_say_why():
    assert set(weighting.profiles()) == {"enterprise", "research", "teaching", "edge"}
    for name in weighting.profiles():
        found = weighting.profile(name)
        assert found.title == name
        assert found.why.endswith(".")
        assert sum(found.weights.values()) == 100
    with pytest.raises(UnknownName, match="did you mean 'research'"):
        weighting.profile("reserch")


def test_every_criterion_but_workarounds_counts_in_some_profile():
    weighed = {name for profile in weighting.profiles() for name in weighting.profile(profile).weights}
    assert set(CRITERIA) - weighed == {"workarounds"}  # which the choice of the pairs' definitions decides


def test_a_file_of_ones_own_is_taken(file):
    found = weighting.read(file("weights: {speed: 3, memory: 1.5}\n"))
    assert (found.of("speed"), found.of("memory"), found.of("code")) == (3, 1.5, 0)
    assert weighting.read(file("title: mine\nwhy: because\nweights: {speed: 1}\n")).title == "mine"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("weights: {sped: 1}", "unknown criterion 'sped'; did you mean 'speed'?"),
        ("weights: {speed: -1}", "field 'weights.speed': Input should be greater than or equal to 0, not -1"),
        ("weights: {speed: fast}", "field 'weights.speed': Input should be a valid number, not 'fast'"),
        ("weights: {speed: '3'}", "field 'weights.speed': Input should be a valid number, not '3'"),
        ("weights: {speed: true}", "field 'weights.speed': Input should be a valid number, not True"),
        ("weights: {speed: .nan}", "field 'weights.speed': Input should be a finite number, not nan"),
        ("weights: {speed: .inf}", "field 'weights.speed': Input should be a finite number, not inf"),
        ("weights: {speed: 0, memory: 0}", "every weight is 0, so that nothing counts"),
        ("weights: {}", "every weight is 0, so that nothing counts"),
        ("weights:", "field 'weights': Input should be a valid dictionary, not None"),
        ("title: x", "field 'weights' is missing"),
        ("wieghts: {speed: 1}", "unknown field 'wieghts'; did you mean 'weights'?"),
        ("weights: {speed: 1, speed: 2}", "given more than once: speed"),
        ("- speed", "a file of weights is a mapping with the field weights, not list"),
        ("", "a file of weights is a mapping with the field weights, not an empty file"),
        ("weights: [", "not YAML"),
    ],
)
def test_a_wrong_file_is_refused_with_what_would_do(file, text, complaint):
    path = file(text)
    with pytest.raises(weighting.WeightsError) as error:
        weighting.read(path)
    assert str(error.value).startswith(f"{path}: ")
    assert complaint in str(error.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(weighting.WeightsError, match=r"none\.yaml: cannot be read: No such file"):
        weighting.read(tmp_path / "none.yaml")
    with pytest.raises(weighting.WeightsError, match="cannot be read: Is a directory"):
        weighting.read(tmp_path)


def test_every_fact_is_answered_for_every_arm_with_a_source_and_a_day():
    names = [fact.name for fact in facts()]
    assert 5 <= len(names) == len(set(names)) <= 12
    racing = [arm for arm in registry.every_arm().values() if not arm.witness]
    for fact in facts():
        assert fact.question.endswith("?")
        assert [arm.name for arm in racing if fact.of(arm.needs) is None] == []
        for answer in fact.answers.values():
            assert answer.source.startswith(("https://", "metadata: ", "installed: "))
            assert answer.seen.year >= 2026


def test_a_fact_is_about_an_arm_as_a_whole():
    (windows,) = [fact for fact in facts() if fact.name == "gpu_on_windows"]
    assert windows.of(["torch"]).holds
    assert not windows.of(["keras", "torch"]).holds, "what torch has is not what Keras on torch has"
    assert windows.of(["torch", "transformers"]) == windows.of(["torch"]), "what is no framework does not matter"
    assert windows.of(["numpy"]) is None
