"""Writes tests/golden/formats/*.png: one picture of each kind PNG knows, by the standard library alone (so that libpng
is not compared with itself). Run with any Python 3.

All are 5 x 3. With k = y * 5 + x, the value v = 17 * k is the grey level, and colours are (v, 255 - v, 100).
"""

import pathlib
import struct
import zlib

FOLDER = pathlib.Path(__file__).parent / "formats"
WIDTH, HEIGHT = 5, 3
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def v(x, y):
    return 17 * (y * WIDTH + x)


def packed_row(samples, depth):
    if depth == 16:
        return b"".join(struct.pack(">H", s) for s in samples)
    bits = "".join(f"{s:0{depth}b}" for s in samples)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))


def png(name, color, depth, pixel, extra=b"", interlaced=False):
    passes = ADAM7 if interlaced else [(0, 0, 1, 1)]
    raw = b""
    for x0, y0, dx, dy in passes:
        for y in range(y0, HEIGHT, dy):
            samples = [s for x in range(x0, WIDTH, dx) for s in pixel(x, y)]
            if samples:
                raw += b"\0" + packed_row(samples, depth)
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, color, 0, 0, int(interlaced))
    data = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(raw, 9))
            + chunk(b"IEND", b""))
    (FOLDER / name).write_bytes(data)


def rgb(x, y):
    return (v(x, y), 255 - v(x, y), 100)


def main():
    FOLDER.mkdir(exist_ok=True)
    palette = b"".join(bytes((17 * k, 255 - 17 * k, 100)) for k in range(15))
    texts = (chunk(b"tEXt", b"parameters\0caf\xe9\nSteps: 20")
             + chunk(b"zTXt", b"packed\0\0" + zlib.compress(b"a" * 1000))
             + chunk(b"iTXt", b"international\0\0\0\0\0" + "苹果 🍎".encode())
             + chunk(b"iTXt", b"packed international\0\1\0de\0Titel\0" + zlib.compress("grün".encode()))
             + chunk(b"iTXt", b"not UTF-8\0\0\0\0\0a\xff\xfeb"))
    png("grey1.png", 0, 1, lambda x, y: [(x + y) % 2])
    png("grey4.png", 0, 4, lambda x, y: [v(x, y) // 17])
    png("grey8.png", 0, 8, lambda x, y: [v(x, y)])
    png("grey16.png", 0, 16, lambda x, y: [v(x, y) * 257])
    png("grey8_transparent.png", 0, 8, lambda x, y: [v(x, y)], chunk(b"tRNS", struct.pack(">H", 34)))
    png("grey_alpha8.png", 4, 8, lambda x, y: [v(x, y), 255 - v(x, y)])
    png("rgb8.png", 2, 8, rgb, texts)
    png("rgb8_interlaced.png", 2, 8, rgb, interlaced=True)
    png("rgb16.png", 2, 16, lambda x, y: [s * 257 for s in rgb(x, y)])
    png("rgba8_interlaced.png", 6, 8, lambda x, y: [*rgb(x, y), v(x, y)], interlaced=True)
    png("palette4.png", 3, 4, lambda x, y: [v(x, y) // 17], chunk(b"PLTE", palette))
    png("palette8_transparent.png", 3, 8, lambda x, y: [v(x, y) // 17],
        chunk(b"PLTE", palette) + chunk(b"tRNS", bytes(17 * k for k in range(15))))


if __name__ == "__main__":
    main()
