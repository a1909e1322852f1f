from report_factories import trained

from harness.report.readback import flatten, readback


def test_flatten():
    tree = {"cpu": {"cores": 2, "flags": ["avx", "fma"]}, "kernel": "6.1", "gpu": None, "empty": {}}
    assert dict(flatten(tree)) == {
        "cpu.cores": "2",
        "cpu.flags": "avx, fma",
        "kernel": "6.1",
        "gpu": "null",
        "empty": "{}",
    }


def test_settings_are_sorted_by_who_reports_them():
    found = readback(
        ["torch", "keras-jax"],
        [
            trained("torch", 0, 0.9, settings={"threads": 2, "jit": False, "mkldnn": True, "half": 1}),
            trained("keras-jax", 0, 0.9, settings={"threads": 2, "jit": True, "x64": False, "half": 1}),
            trained("keras-torch", 0, 0.9, settings={"threads": 2, "jit": False}),
        ],
    )
    assert found.alike == {"threads": "2"}
    assert found.unlike == {
        "jit": {"torch": "false", "keras-jax": "true", "keras-torch": "false"},
        "half": {"torch": "1", "keras-jax": "1"},
    }
    assert found.own == {"torch": {"mkldnn": "true"}, "keras-jax": {"x64": "false"}}


def test_a_setting_that_changes_from_cell_to_cell_shows_all_values():
    found = readback(["torch"], [trained("torch", s, 0.9, settings={"threads": 2 + s % 2}) for s in range(4)])
    assert found.own == {"torch": {"threads": "2 / 3"}}


def test_arms_stand_in_the_order_of_the_suite():
    records = [trained(arm, 0, 0.9, settings={"threads": 2}) for arm in ("other", "keras-jax", "torch")]
    assert readback(["torch", "keras-jax"], records).arms == ("torch", "keras-jax", "other")
