/* barid: every program of the server, and its command line. */
#include "prog/program.h"

int main(int argc, char **argv)
{
	return program_main(argc, argv);
}
