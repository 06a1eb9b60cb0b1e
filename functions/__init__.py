"""The functions, one folder each: entries only; what they share lives in the layers."""

import os

# numpy's BLAS reads it once, when numpy is first imported. Its threads wait for each other in a loop, so that matrices as small
# as a batch's take many times as long with them, and scorers that share cores keep each other waiting.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
