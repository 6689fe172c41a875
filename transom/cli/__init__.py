"""The command line: thin, one module per verb. `wiring` is the only place where the real engine is built.

A verb parses its words, calls one function of a lower room and hands the result to an outlet. Results go to standard output, everything
else to standard error; exit codes are those of `transom.exitcodes`.
"""
