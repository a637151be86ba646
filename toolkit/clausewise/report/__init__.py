"""Reports: a finished Run in, text out. Imports the record and lower layers, never a validator, Hypothesis or an HTTP
client.

Each format of `clausewise.report_table` is a module with one public function, `render`; `reporter` finds it, and only
`write` writes files. Terminal output is built as lines (`run_text`, `scan_text`, `changes`, `mutation`), and only
`terminal` escapes and colours them.
"""
