"""Lab: how weights start decides whether a deep network can learn."""

from playground.labs.initialization.lab import LAB
from playground.ui.lab import lab_page
from playground.ui.labs.initialization import CONTROLS

lab_page(LAB, CONTROLS)
