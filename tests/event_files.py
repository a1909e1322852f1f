"""Event files read back frame by frame, checksums and all."""

import struct

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c


def read(folder):
    """Every event of the only event file in a folder, but the first, which is the version."""
    (path,) = folder.glob("events.out.tfevents.*")
    content, events = path.read_bytes(), []
    while content:
        length, checksum = struct.unpack("<QI", content[:12])
        assert masked_crc32c(content[:8]) == checksum
        record, content = content[12 : 12 + length], content[12 + length :]
        assert masked_crc32c(record) == struct.unpack("<I", content[:4])[0]
        content = content[4:]
        events.append(Event.FromString(record))
    assert events[0].file_version == "brain.Event:2"
    return events[1:]
