"""What programs and notebooks call: documents, targets and exchanges in, frozen values out; nothing is printed.

Imports everything below it. `clausewise` re-exports it, each name when it is first used.
"""
