"""The facts that a home told before a change, as many as it takes to tell a repeated fact from the first one."""
