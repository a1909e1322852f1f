"""Counters of energy, in folders as the kernel has them."""

import pytest

from harness.measure.energy import Energy

MOST = 10**12


@pytest.fixture
def zones(tmp_path):
    """``zones(name, counter)`` writes a counter in microjoules, and returns the folder of all of them."""

    def write(name, counter, most=MOST):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "energy_uj").write_text(f"{counter}\n")
        (folder / "max_energy_range_uj").write_text(f"{most}\n")
        return tmp_path

    return write


def test_packages_are_added_up_and_their_parts_are_not(zones):
    for name, counter in (("intel-rapl:0", 5_000_000), ("intel-rapl:1", 0), ("intel-rapl:0:0", 0)):
        energy = Energy(zones(name, counter))
    before = energy.read()
    for name, counter in (("intel-rapl:0", 7_500_000), ("intel-rapl:1", 1_000_000), ("intel-rapl:0:0", 9_000_000)):
        zones(name, counter)
    assert energy.joules(before, energy.read()) == pytest.approx(3.5)


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
