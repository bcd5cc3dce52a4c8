/* What the files of barid-faulty share. */
#ifndef FAULTS_PROGRAM_H
#define FAULTS_PROGRAM_H

#include "log/faulty.h"

extern bool fault_program_poison;               /* mail may crash this process: poison.c */
extern struct fault_table *fault_program_table; /* of this process; NULL: it was told of no faults */

#endif
