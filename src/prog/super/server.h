/* Inside of super: the server as a whole, and the processes below it. */
#ifndef PROG_SUPER_SERVER_H
#define PROG_SUPER_SERVER_H

#include "loop/loop.h"
#include "proc/channel.h"
#include "proc/last_word.h"
#include "prog/super/certificate.h"
#include "prog/super/data_dir.h"
#include "prog/super/listeners.h"
#include "prog/super/set_aside.h"
#include "prog/super/topology.h"

enum { KIDS_MAX = 1 + SHARDS_MAX + 64, DEATHS_KEPT = 64 };

enum server_state { SERVER_STARTING, SERVER_READY, SERVER_STOPPING };

struct server;

struct kid {
	struct server *server;
	const struct role_row *role;
	uint32_t index;
	uv_process_t process;
	struct channel *channel; /* NULL once it is gone */
	struct timer again;      /* when it is started anew */
	pid_t pid;               /* 0 = not running */
	bool ready, stopping, stopped;
	bool renewing;                   /* it ends because it is to be started anew: no death */
	unsigned restarts, quick_deaths; /* of late: they set the pause before the next start */
	int64_t deaths[DEATHS_KEPT];     /* when it died, monotonic: a ring, restarts counts on */
	int64_t since;                   /* wall clock, seconds */
	int64_t started_ms;              /* monotonic */
	struct msg_report report;
	struct last_word *last_word; /* of a role whose death may name an account: shared with the process; made once */
	int last_word_fd;
	uint64_t entries_seen; /* hangs.c: at the last look */
	int64_t cpu_ms_seen, stuck_ms;
	bool hangs; /* and was ended for it */
};

struct server {
	struct loop loop;
	enum server_state state;
	const char *settings_path; /* NULL = none */
	struct buf settings_text, overrides;
	struct settings *settings;
	char hostname[256];
	struct data_dir dir;
	struct listeners listeners;
	struct certificate certificate;
	struct set_aside set_aside;
	struct kid kids[KIDS_MAX];
	size_t kid_count;
	uint32_t fronts;
	int64_t since;
	struct timer status_timer, stop_timer, hangs_timer;
	bool status_due;
	uv_signal_t hup, term, interrupt, child_ended;
	int exit_code;
};

/* ── kids.c ── */
/* Starts all processes of the topology. */
FAILS kids_start(struct server *s, struct why *w);
/* To all that are running. */
void kids_send(struct server *s, const char *role, const struct msg *m);
/* A listening socket, or the certificate, to all fronts that are ready. */
void kids_listen(struct server *s, const struct listener *l);
void kids_certificate(struct server *s);
/* That process finishes as at the end of the server, and is started anew at once. */
void kids_renew(struct server *s, const char *role, uint32_t index);
/* The fronts and the mails first, auth when they are gone. */
void kids_stop(struct server *s);
/* At once. */
void kids_kill(struct server *s);
/* How often it died; DEATHS_KEPT stands for that and more. */
unsigned kid_deaths_last_hour(const struct kid *k);

/* ── super.c ── */
/* A process has become ready, has stopped, or could not start: `failed` NULL or its sentence. */
void server_kid_ready(struct server *s);
void server_kid_ended(struct server *s);
void server_start_failed(struct server *s, const struct kid *k, enum fail f, const char *text);

/* ── status.c ── */
/* run/status.json shows it soon. */
void status_changed(struct server *s);
void status_write(struct server *s);
/* Appends a JSON string with its quotes. */
void status_string(struct buf *b, const char *s);
/* "ready", "starting", "down", "stopping", "stopped" */
const char *status_of_kid(const struct kid *k);
/* "READY=1" and the like, to systemd where it asked for it. */
void notify(const char *text);

/* ── blame.c ── */
/* Before the first process is started. */
void blame_load(struct server *s);
/* A process died: the account that it died on, or 0. Set aside when that was once too often. */
uint64_t blame_death(struct kid *k, int signal);
/* To an auth that has just started. */
void blame_tell(struct server *s);
/* ACCOUNT_NAME, CLEAR_ACCOUNT. */
void blame_message(struct kid *k, const struct msg *m);

/* ── hangs.c ── */
void hangs_watch(struct server *s);

/* ── problems.c ── */
/* Appends the rows of what is wrong just now. */
void problems_add(struct buf *out, const struct server *s);

#endif
