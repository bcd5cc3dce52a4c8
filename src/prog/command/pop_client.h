/* The administrators' verb XPOP (imap/verbs.def) as `barid pop` uses it. */
#ifndef PROG_COMMAND_POP_CLIENT_H
#define PROG_COMMAND_POP_CLIENT_H

#include "prog/command/imap_client.h"

/* Gives the command `text`, and where `name` is not NULL a device's name and `tail` behind it; untagged responses go to `each`, or nowhere. */
FAILS pop_command(struct imap_client *imap, const char *text, const char *name, const char *tail,
	void (*each)(void *ctx, struct span text), void *ctx, struct why *w);

#endif
