"""Cost and accuracy of the profiler beside other profilers: `make bench`, or `python -m benchmarks`.

Each table has one module that says which steps it takes and how their results become rows. Every step runs in a
fresh process, so that no profiler meets what another one left behind.
"""
