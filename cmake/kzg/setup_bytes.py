#!/usr/bin/env python3
"""The trusted setup as c-kzg ships it, from text to bytes: 4,096 points of G1 in Lagrange form, 65 of G2, 4,096 of G1 in
monomial form, compressed. usage: setup_bytes.py TRUSTED_SETUP_TXT OUT"""
import os
import sys

G1_POINTS, G2_POINTS = 4096, 65
G1_BYTES, G2_BYTES = 48, 96


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="ascii") as file:
        words = file.read().split()
    sizes = [G1_BYTES] * G1_POINTS + [G2_BYTES] * G2_POINTS + [G1_BYTES] * G1_POINTS
    points = [bytes.fromhex(word) for word in words[2:]]
    if words[:2] != [str(G1_POINTS), str(G2_POINTS)] or [len(point) for point in points] != sizes:
        sys.exit(f"{sys.argv[1]}: not the setup that is wanted")
    os.makedirs(os.path.dirname(os.path.abspath(sys.argv[2])), exist_ok=True)
    with open(sys.argv[2], "wb") as file:
        file.write(b"".join(points))


if __name__ == "__main__":
    main()
