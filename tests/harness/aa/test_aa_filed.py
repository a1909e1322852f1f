"""A run is told the last certificate of each of its arms, if it was made on such a machine and undisturbed."""

from harness.aa import filed
from harness.schema import Certificate

MACHINE = {"cpu": "a processor", "cores_used": 2}


def certificate(arm="torch", created="2026-01-01T00:00:00Z", **changes):
    given = {
        "workload": "mlp_digits",
        "precision": "fp32",
        "threads": 2,
        "load": 0,
        "cpu": "a processor",
        "cores": 2,
        "versions": {"torch": "1.0"},
        "source_sha256": "5" * 64,
        "launches": 16,
        "rounds": 8,
        "disturbed": 0.0,
        "verdicts": {"SAME": 1.0},
        "false_alarms": None,
        "covered": None,
        "half_width": None,
        "planted": [],
        "spread": None,
        "one_launch": {},
    }
    return Certificate(arm=arm, created=created, **(given | changes))


def put(folder, name, one):
    (folder / name).mkdir()
    filed.write(folder / name, one)


def test_the_last_of_each_arm_in_the_order_asked(tmp_path):
    old, new = certificate(), certificate(created="2026-02-01T00:00:00Z")
    other = certificate("keras-jax")
    for name, one in (("b", new), ("a", old), ("c", other), ("d", certificate("keras-torch"))):
        put(tmp_path, name, one)
    assert filed.latest(tmp_path, ["keras-jax", "torch", "numpy"], MACHINE) == [other, new]


def test_of_other_machines_or_beside_neighbours_is_left_out(tmp_path):
    put(tmp_path, "a", certificate(cpu="another"))
    put(tmp_path, "b", certificate(cores=4))
    put(tmp_path, "c", certificate(load=2))
    assert filed.latest(tmp_path, ["torch"], MACHINE) == []


def test_what_cannot_be_read_is_left_out(tmp_path):
    put(tmp_path, "a", certificate())
    put(tmp_path, "b", certificate(created="2027-01-01T00:00:00Z"))
    edited = tmp_path / "b" / filed.NAME
    edited.write_text(edited.read_text().replace("16", "17"))
    assert [one.created[:4] for one in filed.latest(tmp_path, ["torch"], MACHINE)] == ["2026"]


def test_no_folder_no_certificate(tmp_path):
    assert filed.latest(tmp_path / "nothing", ["torch"], MACHINE) == []
