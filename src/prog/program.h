/* The whole of `barid`. The tests' program (tests/faults/program) is the same one on a disk that fails. */
#ifndef PROG_PROGRAM_H
#define PROG_PROGRAM_H

/* Its arguments as main() has them; returns the exit code. */
int program_main(int argc, char **argv);

#endif
