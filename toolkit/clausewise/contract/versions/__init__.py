"""Two versions of one contract, place by place: what each says there in, how they differ out, for `contract.diff`."""
