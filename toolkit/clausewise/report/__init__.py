"""Reports: a finished Run comes in, text goes out; imports the record and what lies below it, never a validator,
Hypothesis or an HTTP client.

Each format of `clausewise.report_table` is a module with one public function, `render`; `reporter` finds it and
`write` alone touches files. What goes to a terminal is made as lines (`run_text`, `scan_text`, `changes`, `mutation`),
which `terminal` alone escapes and colours.
"""
