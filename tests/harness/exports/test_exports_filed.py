"""Exports on file: the last of each arm and workload is told again, of these versions only."""

from report_factories import exports

from harness.exports import filed

VERSIONS = {"torch": {"torch": "1.0"}, "keras-jax": {"keras-jax": "1.0"}}
LATER = "2026-02-01T00:00:00Z"


def test_what_is_written_is_told(tmp_path):
    one = exports("torch", {"onnx": "ok", "torch_export": "wrong"})
    path = filed.write(tmp_path, one)
    assert path.parent == tmp_path / "exports"
    assert filed.read(tmp_path, VERSIONS) == [one]


def test_the_last_is_told_whichever_packages_it_was_made_with(tmp_path):
    old = exports("torch", {"onnx": "ok"}, packages={"onnx": "1.0"})
    new = exports("torch", {"onnx": "unsupported"}, created=LATER)
    other = exports("torch", {"onnx": "ok"}, workload="lenet_mnist5k")
    for one in (new, old, other):
        filed.write(tmp_path, one)
    assert len(list((tmp_path / "exports").iterdir())) == 3
    assert filed.read(tmp_path, VERSIONS) == [other, new]


def test_the_same_versions_share_a_file(tmp_path):
    for created in ("2026-01-01T00:00:00Z", LATER):
        filed.write(tmp_path, exports("torch", {"onnx": "ok"}, created=created))
    assert [one.created for one in filed.read(tmp_path, VERSIONS)] == [LATER]
    assert len(list((tmp_path / "exports").iterdir())) == 1


def test_those_of_another_version_or_arm_are_not_told(tmp_path):
    filed.write(tmp_path, exports("torch", {"onnx": "ok"}, versions={"torch": "2.0"}))
    filed.write(tmp_path, exports("keras-torch", {"onnx": "ok"}))
    assert filed.read(tmp_path, VERSIONS) == []


def test_what_is_damaged_or_absent_is_left_out(tmp_path):
    path = filed.write(tmp_path, exports("torch", {"onnx": "wrong"}))
    path.write_text(path.read_text().replace('"wrong"', '"ok"'))
    assert filed.read(tmp_path, VERSIONS) == []
    assert filed.read(tmp_path / "nowhere", VERSIONS) == []
