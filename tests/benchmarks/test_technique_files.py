"""The families of techniques: every file describes variants that exist, differ, and can be held to what is expected."""

import dataclasses

import pytest

from harness import figures, registry

TECHNIQUES = registry.techniques()
ALWAYS = {"metric", "train_loss", "test_loss"}


@pytest.mark.parametrize("name", TECHNIQUES)
def test_a_family_is_named_after_its_file_and_its_variants_after_it(name):
    technique = TECHNIQUES[name]
    assert technique.name == name
    assert technique.about
    assert [v.workload.name for v in technique.variants] == [f"{name}.{v.name}" for v in technique.variants]
    assert len({v.name for v in technique.variants}) == len(technique.variants)
    assert all(v.about for v in technique.variants)


@pytest.mark.parametrize("name", TECHNIQUES)
def test_no_two_variants_are_the_same(name):
    same = {"name": "", "title": "", "target": None, "pilot": ""}
    told = [str(dataclasses.replace(v.workload, **same)) for v in TECHNIQUES[name].variants]
    assert len(set(told)) == len(told)


@pytest.mark.parametrize("name", TECHNIQUES)
def test_what_is_expected_is_measured(name):
    variants = {v.name: v.workload for v in TECHNIQUES[name].variants}
    for expectation in TECHNIQUES[name].expectations:
        for asked in filter(None, (expectation.variant, expectation.against)):
            assert expectation.figure in ALWAYS | set(variants[asked].figures)
        assert expectation.because
        assert expectation.at_least is not None or expectation.at_most is not None
        least, most = expectation.at_least, expectation.at_most
        assert least is None or most is None or least <= most
    assert figures.check([figure for workload in variants.values() for figure in workload.figures]) == []


@pytest.mark.parametrize("name", TECHNIQUES)
def test_the_samples_that_a_variant_asks_for_are_there(load, name):
    for variant in TECHNIQUES[name].variants:
        workload = variant.workload
        samples = len(load(workload.dataset).first(workload.samples).x_train)
        assert samples == (workload.samples or samples)
        assert workload.batch_size <= samples


@pytest.mark.parametrize("name", TECHNIQUES)
def test_a_variant_survives_the_way_to_a_worker(name):
    for variant in TECHNIQUES[name].variants:
        told = dataclasses.asdict(variant.workload)
        assert type(variant.workload).from_dict(told) == variant.workload


@pytest.mark.parametrize("name", TECHNIQUES)
def test_what_a_variant_begins_with_is_there(name):
    for variant in TECHNIQUES[name].variants:
        if transfer := variant.workload.transfer:
            pretrained = registry.find_pretrained(transfer.source)
            assert pretrained or registry.find_workload(transfer.source).architecture == variant.workload.architecture
