"""The figures the portal is judged by: limit, peer and portal interleaved in one run; read the ratios.

`make bench` runs all of them, `make bench ONLY=name` one. Results go to a table and to `benchmarks/results.json`.
"""
