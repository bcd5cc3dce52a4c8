/* `barid serve`. */
#ifndef PROG_SUPER_SUPER_H
#define PROG_SUPER_SUPER_H

/* Runs the server in the foreground until SIGTERM or SIGINT. `settings_path` NULL = no file, all defaults; overrides are `key=value`
 * words, stronger than the file. Returns the exit code; errors have been said on standard error, one sentence each. */
int super_run(const char *settings_path, int argc, char **overrides);

#endif
