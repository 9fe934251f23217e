"""Damage to the files of a node that is not running, where it is known what must come of it."""
import os
import shutil
import struct

BLOCK = 32 << 10  # of a write-ahead log
HEADER = 7        # crc32c, length, type


def files(node, ending):
    """A node's database files with that ending, the newest last."""
    names = [name for name in os.listdir(node.database()) if name.endswith(ending) and name[:-len(ending)].isdigit()]
    return [os.path.join(node.database(), name) for name in sorted(names)]


def records(path):
    """Places of the payloads of the physical records of a write-ahead log: (offset, length)."""
    with open(path, "rb") as file:
        data = file.read()
    found, at = [], 0
    while at + HEADER <= len(data):
        left = BLOCK - at % BLOCK
        if left < HEADER:
            at += left
            continue
        length, kind = struct.unpack_from("<HB", data, at + 4)
        if kind == 0 or at + HEADER + length > len(data):
            break
        found.append((at + HEADER, length))
        at += HEADER + length
    return found


def flip(path, offset):
    """Inverts one byte; doing it again restores it."""
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)
        file.seek(offset)
        file.write(bytes([byte[0] ^ 0xFF]))
        file.flush()
        os.fsync(file.fileno())


def place_in_log(node):
    """(file, offset) in the middle of the write-ahead log, with whole records before and behind; None when it is too short."""
    for path in reversed(files(node, ".log")):
        found = [place for place in records(path) if place[1] > 40]
        if len(found) >= 12:
            offset, length = found[len(found) // 2]
            return path, offset + length // 2
    return None


def place_in_table(node, rng):
    """(file, offset) in the footer of a table, which each start reads; None when there is none."""
    tables = [path for path in files(node, ".sst") if os.path.getsize(path) > 200]
    if not tables:
        return None
    path = rng.choice(tables)
    return path, os.path.getsize(path) - rng.randint(1, 8)  # its magic number


def place_in_data(node, rng):
    """(file, offset) amid the data of a table: noticed when something reads it, perhaps never; None when there is none."""
    tables = [path for path in files(node, ".sst") if os.path.getsize(path) > 4000]
    if not tables:
        return None
    path = rng.choice(tables)
    return path, rng.randrange(os.path.getsize(path) // 2)


def copy_database(node, into):
    shutil.rmtree(into, ignore_errors=True)
    shutil.copytree(node.database(), into)


def restore_older(node, copy):
    """The database as it was, under the watermark as it is: what a restored backup of the tables and logs comes to. (A copy that
    brings an older watermark along can not be noticed: node/README.md.)"""
    kept = copy + ".watermark"
    shutil.copy(os.path.join(node.database(), "watermark"), kept)
    shutil.rmtree(node.database())
    os.rename(copy, node.database())
    os.replace(kept, os.path.join(node.database(), "watermark"))
