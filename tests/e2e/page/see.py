"""What the demo's labeller sees in boxes of a picture: `see.py PICTURE X0,Y0,X1,Y1 ...` prints each class's share."""

import json
import sys

import numpy as np
from PIL import Image

from lib_regiondiff.demo import labeller
from lib_regiondiff.demo.world import CLASSES, COLOURS

network = labeller.load()
with Image.open(sys.argv[1]) as picture:
    maps = labeller.label(picture, network)
found = []
for box in sys.argv[2:]:
    left, top, right, bottom = map(int, box.split(","))
    counts = np.bincount(maps.classes[top:bottom, left:right].ravel(), minlength=len(CLASSES))
    colours = np.bincount(maps.colours[top:bottom, left:right].ravel(), minlength=len(COLOURS))
    found.append(
        {
            "classes": {
                name: round(count / counts.sum(), 4)
                for name, count in zip(CLASSES, counts.tolist(), strict=True)
                if count
            },
            "colours": {
                name: round(count / colours.sum(), 4)
                for name, count in zip(COLOURS, colours.tolist(), strict=True)
                if count
            },
        }
    )
print(json.dumps(found))
