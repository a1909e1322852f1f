"""Counters of energy, in folders as the kernel has them."""

import pytest

from harness.measure.energy import Energy

MOST = 10**12


@pytest.fixture
def zones(tmp_path):
    """``zones(zone, counter)`` writes a counter in microjoules, and returns the folder of all of them."""

    def write(zone, counter, name="package-0", most=MOST):
        folder = tmp_path / zone
        folder.mkdir(exist_ok=True)
        (folder / "name").write_text(f"{name}\n")
        (folder / "energy_uj").write_text(f"{counter}\n")
        (folder / "max_energy_range_uj").write_text(f"{most}\n")
        return tmp_path

    return write


def test_packages_are_added_up_and_nothing_is_counted_twice(zones):
    before = {"package-0": 5_000_000, "package-1": 0, "core": 0, "psys": 0}
    after = {"package-0": 7_500_000, "package-1": 1_000_000, "core": 2_000_000, "psys": 9_000_000}
    places = {
        "package-0": "intel-rapl:0",
        "package-1": "intel-rapl:1",
        "core": "intel-rapl:0:0",
        "psys": "intel-rapl:2",
    }
    for name, counter in before.items():
        energy = Energy(zones(places[name], counter, name))
    began = energy.read()
    for name, counter in after.items():
        zones(places[name], counter, name)
    assert energy.joules(began, energy.read()) == pytest.approx(3.5)


def test_a_counter_that_begins_anew_goes_on(zones):
    energy = Energy(zones("intel-rapl:0", 9_999_999, most=9_999_999))
    before = energy.read()
    zones("intel-rapl:0", 1_999_999, most=9_999_999)
    assert energy.joules(before, energy.read()) == pytest.approx(2.0)


def test_without_counters_there_is_no_reading(tmp_path, zones):
    assert Energy(tmp_path / "missing").read() is None
    energy = Energy(zones("intel-rapl:0", 0))
    assert energy.read() is not None
    (tmp_path / "intel-rapl:0" / "energy_uj").unlink()
    assert energy.read() is None
