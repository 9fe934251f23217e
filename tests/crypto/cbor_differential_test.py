#!/usr/bin/env python3
"""Goal: anta::cbor and python3-cbor2 agree on what is canonical, what it means, and what is not.

    cbor_differential_test.py PROBE [SEED]

Builds random values of the profile and spoilt encodings of them, asks the probe about each, and compares with an
oracle made of cbor2's decoder plus the profile's rules. The seed is fixed, so every run asks the same.
"""
import io
import random
import subprocess
import sys

import cbor2
from cbor2 import decoder as cbor2_decoder
from cbor2.decoder import CBORDecoder  # the one in Python, whose tags can be kept as they are

DEPTH_MAX = 16


class Refused(Exception):
    pass


def keep_tag(self, subtype):
    """Tags as themselves: cbor2 would make dates and bignums of some."""
    return cbor2.CBORTag(self._decode_length(subtype), self._decode())


cbor2_decoder.major_decoders[6] = keep_tag


def encode(value):
    """Deterministic encoding, RFC 8949 4.2.1: scalars by cbor2, keys sorted bytewise here (cbor2 sorts length first)."""
    if isinstance(value, dict):
        pairs = sorted((encode(k), encode(v)) for k, v in value.items())
        return head(5, len(pairs)) + b"".join(k + v for k, v in pairs)
    if isinstance(value, (list, tuple)):
        return head(4, len(value)) + b"".join(encode(v) for v in value)
    if isinstance(value, cbor2.CBORTag):
        return head(6, value.tag) + encode(value.value)
    return cbor2.dumps(value)


def head(major, argument):
    encoded = bytearray(cbor2.dumps(argument))  # an unsigned integer has the shortest head; only the major differs
    encoded[0] |= major << 5
    return bytes(encoded)


def tell(value, depth=0):
    """The probe's words for a value; raises Refused where the profile does."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, int):
        if not -(2**63) <= value < 2**64:
            raise Refused("range")
        return str(value)
    if isinstance(value, bytes):
        return "b" + value.hex()
    if isinstance(value, str):
        return "t" + value.encode().hex()
    empty = isinstance(value, (list, tuple, dict)) and not value
    if isinstance(value, (list, tuple, dict, cbor2.CBORTag)) and depth == DEPTH_MAX and not empty:
        raise Refused("depth")
    if isinstance(value, (list, tuple)):
        return "[" + "".join(tell(v, depth + 1) + "," for v in value) + "]"
    if isinstance(value, dict):
        said = ""
        for key, item in sorted(value.items(), key=lambda pair: encode(pair[0])):
            if isinstance(key, bool) or not isinstance(key, (int, str)):
                raise Refused("key kind")
            said += tell(key) + "," + tell(item, depth + 1) + ","
        return "{" + said + "}"
    if isinstance(value, cbor2.CBORTag):
        return "tag%d(%s)" % (value.tag, tell(value.value, depth + 1))
    raise Refused("kind " + type(value).__name__)


def oracle(data):
    """The words for `data`, or None where it is to be refused."""
    stream = io.BytesIO(data)
    try:
        value = CBORDecoder(stream).decode()
        if stream.tell() != len(data):
            return None
        said = tell(value)
        return said if encode(value) == data else None
    except Exception:  # cbor2 raises many kinds for bad input: each of them is a refusal
        return None


def random_value(rng, depth=0):
    kinds = ["int", "negative", "bytes", "text", "simple"] + (["array", "map", "tag"] * 2 if depth < 5 else [])
    kind = rng.choice(kinds)
    if kind == "int":
        return random_int(rng)
    if kind == "negative":
        return -1 - random_int(rng) // 2
    if kind == "bytes":
        return rng.randbytes(rng.choice([0, 1, 5, 23, 24, 32, 64, 255, 256]))
    if kind == "text":
        return random_text(rng)
    if kind == "simple":
        return rng.choice([True, False, None])
    if kind == "array":
        return [random_value(rng, depth + 1) for _ in range(rng.choice([0, 1, 2, 3, 7]))]
    if kind == "tag":
        return cbor2.CBORTag(random_int(rng), random_value(rng, depth + 1))
    count = rng.choice([0, 1, 2, 3, 5])
    return {random_key(rng): random_value(rng, depth + 1) for _ in range(count)}


def random_int(rng):
    edge = rng.choice([0, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1])
    return rng.choice([edge, rng.randrange(2 ** rng.randrange(1, 65))])


def random_key(rng):
    return rng.choice([random_int(rng), -1 - random_int(rng) // 2, random_text(rng), rng.randrange(30)])


def random_text(rng):
    letters = "abcxyz_ñé漢\U0001f728\x00"
    return "".join(rng.choice(letters) for _ in range(rng.choice([0, 1, 2, 3, 10, 24, 100])))


def spoil(rng, data):
    """A change such as an attacker or a careless encoder makes."""
    data = bytearray(data)
    way = rng.randrange(6)
    at = rng.randrange(len(data)) if data else 0
    if way == 0 and data:
        data[at] ^= 1 << rng.randrange(8)
    elif way == 1 and data:
        data[at] = rng.choice([0x18, 0x19, 0x1b, 0x1f, 0x5f, 0x7f, 0x9f, 0xbf, 0xc1, 0xf7, 0xf8, 0xf9, 0xfb, 0xff])
    elif way == 2:
        del data[at:]
    elif way == 3:
        data[at:at] = rng.randbytes(rng.randrange(1, 4))
    elif way == 4 and data:
        del data[at]
    elif data:
        other = rng.randrange(len(data))
        data[at], data[other] = data[other], data[at]
    return bytes(data)


def main():
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 2026)
    inputs = [bytes([first]) for first in range(256)]
    inputs += [bytes([first, second]) for first in range(256) for second in range(0, 256, 5)]
    inputs += [b"\x81" * n + b"\x00" for n in range(14, 19)] + [b"\xc1" * n + b"\x00" for n in range(14, 19)]
    for _ in range(4000):
        value = random_value(rng)
        inputs.append(encode(value))
        inputs += [spoil(rng, inputs[-1]) for _ in range(4)]
        inputs.append(rng.randbytes(rng.randrange(1, 12)))
    told = subprocess.run([sys.argv[1]], input="".join(i.hex() + "\n" for i in inputs), capture_output=True, text=True,
                          check=True).stdout.splitlines()
    assert len(told) == len(inputs), (len(told), len(inputs))
    accepted = differences = 0
    for data, answer in zip(inputs, told):
        said = oracle(data)
        expected = "refused" if said is None else "ok %s %s" % (said, data.hex())
        accepted += said is not None
        if (answer.split(" ")[0] if said is None else answer) != expected:
            differences += 1
            if differences <= 10:
                print("input %s\n  expected %s\n  answered %s" % (data.hex(), expected[:200], answer[:200]))
    print("%d inputs, %d accepted, %d refused, %d differences" % (len(inputs), accepted, len(inputs) - accepted, differences))
    if accepted < 4000 or len(inputs) - accepted < 4000:
        sys.exit("too few of either kind: the generator is broken")
    sys.exit(1 if differences else 0)


main()
