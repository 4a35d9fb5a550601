"""A word for the colours of a picture's pixels, without what hosts hide in its alpha: `pixels.py PICTURE` prints it."""

import hashlib
import json
import sys

from PIL import Image

with Image.open(sys.argv[1]) as picture:
    print(json.dumps(hashlib.sha256(picture.convert("RGB").tobytes()).hexdigest()))
