"""Planning: what a run can find, before it is paid for."""
