/* import: messages from Maildirs and mbox files into an account, through a session of the running server, so that they go the same way as all mail.
 * Many APPENDs are under way at a time; each is answered only once it is durable. */
#include "base/memory.h"
#include "imap/wire/date.h"
#include "prog/command/cli.h"
#include "prog/command/imap_client.h"
#include "prog/command/progress.h"
#include "prog/command/source.h"

enum { REFUSED = 65, USAGE = 64, BAD_SETTINGS = 78, WINDOW = 16, MESSAGE_MAX = 1 << 30, NAME_SIZE = 4096 };

struct import {
	struct cli *cli;
	struct imap_client *imap;
	struct source source;
	struct progress progress;
	bool *ready; /* folders whose mailbox is there */
	struct {
		unsigned tag;
		const struct source_message *message;
	} under_way[WINDOW]; /* in the order they were sent */
	size_t first, count;
	uint64_t done, refused;
};

/* ── Answers ── */

static void say_refused(struct import *x, const struct source_message *m, struct span why_not)
{
	x->refused++;
	progress_end(&x->progress);
	fprintf(stderr, "barid: %s", m->path);
	if (m->in_mbox)
		fprintf(stderr, " at octet %llu", (unsigned long long)m->offset);
	fprintf(stderr, " is refused: %.*s\n", SPAN_ARG(why_not));
}

static enum fail take_answer(struct import *x, struct why *w)
{
	struct imap_response r;
	enum fail f;

	do
		f = imap_next(x->imap, &r, w);
	while (!f && r.tag == 0);
	if (f)
		return f;
	if (r.tag != x->under_way[x->first].tag)
		return why(w, FAIL_IO, "the server's answers are out of order");
	if (span_starts(r.text, SPAN("OK")))
		x->done++;
	else
		say_refused(x, x->under_way[x->first].message, r.text);
	progress_step(&x->progress, x->under_way[x->first].message->size);
	x->first = (x->first + 1) % WINDOW;
	x->count--;
	return FAIL_NONE;
}

static enum fail take_all_answers(struct import *x, struct why *w)
{
	enum fail f = FAIL_NONE;

	while (x->count && !f)
		f = take_answer(x, w);
	return f;
}

/* ── Mailboxes ── */

static void target_name(const struct import *x, size_t folder, struct buf *out)
{
	const char *name = x->source.folders[folder], *above = x->cli->mailbox;

	if (above)
		buf_addf(out, "%s%s%s", above, *name ? "/" : "", name);
	else
		buf_add(out, *name ? span_of(name) : SPAN("INBOX"));
}

static enum fail make_mailbox(struct import *x, struct span name, struct why *w)
{
	static const char *const commands[] = {"CREATE ", "SUBSCRIBE "};
	enum fail f = FAIL_NONE;

	if (span_eq_nocase(name, SPAN("INBOX")))
		return FAIL_NONE;
	for (size_t i = 0; i < ARRAY_LEN(commands) && !f; i++) {
		unsigned tag = imap_begin(x->imap);

		f = imap_put(x->imap, span_of(commands[i]), w);
		if (!f)
			f = imap_put_mailbox(x->imap, name, w);
		if (!f)
			f = imap_put(x->imap, SPAN("\r\n"), w);
		if (!f)
			f = imap_finish(x->imap, tag, NULL, NULL, w);
		if (f == FAIL_CANNOT && strstr(w->log, "[ALREADYEXISTS]"))
			f = FAIL_NONE;
	}
	return f;
}

static enum fail prepare_folder(struct import *x, size_t folder, struct span name, struct why *w)
{
	enum fail f = FAIL_NONE;

	if (!x->ready[folder])
		f = take_all_answers(x, w);
	if (!x->ready[folder] && !f)
		f = make_mailbox(x, name, w);
	x->ready[folder] = true;
	return f;
}

/* ── Messages ── */

static enum fail put_append(
	struct import *x, const struct source_message *m, struct span name, struct span bytes, struct why *w)
{
	CLEANUP(buf_fini) struct buf head = {0};
	enum fail f = imap_put(x->imap, SPAN("APPEND "), w);

	buf_init(&head, NAME_SIZE);
	if (!f)
		f = imap_put_mailbox(x->imap, name, w);
	buf_add_lit(&head, " (");
	mail_flags_to_list(&m->flags, &head);
	buf_add_lit(&head, ")");
	if (m->date) {
		buf_add_lit(&head, " ");
		print_date_time(&head, m->date, 0);
	}
	buf_addf(&head, " {%zu+}\r\n", bytes.n);
	if (!f)
		f = imap_put(x->imap, buf_span(&head), w);
	if (!f)
		f = imap_put(x->imap, bytes, w);
	return f ? f : imap_put(x->imap, SPAN("\r\n"), w);
}

static enum fail import_message(struct import *x, struct source_message *m, struct why *w)
{
	CLEANUP(buf_fini) struct buf bytes = {0};
	CLEANUP(buf_fini) struct buf name = {0};
	size_t place;
	enum fail f;

	buf_init(&bytes, MESSAGE_MAX);
	buf_init(&name, NAME_SIZE);
	target_name(x, m->folder, &name);
	f = prepare_folder(x, m->folder, buf_span(&name), w);
	if (f)
		return f;
	if (source_read(m, &bytes, w)) {
		say_refused(x, m, span_of(w->log));
		progress_step(&x->progress, m->size);
		return FAIL_NONE;
	}
	if (x->count == WINDOW)
		f = take_answer(x, w);
	if (f)
		return f;
	place = (x->first + x->count++) % WINDOW;
	x->under_way[place].tag = imap_begin(x->imap);
	x->under_way[place].message = m;
	return put_append(x, m, buf_span(&name), buf_span(&bytes), w);
}

static enum fail import_all(struct import *x, struct why *w)
{
	enum fail f = FAIL_NONE;

	x->ready = memory_new(x->source.folder_count);
	progress_begin(&x->progress, "import", x->source.count, cli_on_terminal() && !x->cli->quiet && !x->cli->json);
	for (size_t i = 0; i < x->source.count && !f; i++)
		f = import_message(x, &x->source.messages[i], w);
	/* folders without messages are there too */
	for (size_t i = 0; i < x->source.folder_count && !f; i++) {
		CLEANUP(buf_fini) struct buf name = {0};

		buf_init(&name, NAME_SIZE);
		target_name(x, i, &name);
		f = prepare_folder(x, i, buf_span(&name), w);
	}
	if (!f)
		f = take_all_answers(x, w);
	progress_end(&x->progress);
	free(x->ready);
	return f;
}

/* ── The command ── */

static bool format_of(const struct cli *c, enum source_format *out)
{
	struct span name = span_of(c->format ? c->format : "auto");

	*out = span_eq(name, SPAN("maildir")) ? SOURCE_MAILDIR
	       : span_eq(name, SPAN("mbox"))  ? SOURCE_MBOX
					      : SOURCE_AUTO;
	return *out != SOURCE_AUTO || span_eq(name, SPAN("auto"));
}

static enum fail look(struct import *x, enum source_format format, struct why *w)
{
	enum fail f = FAIL_NONE;

	for (size_t i = 1; i < x->cli->word_count && !f; i++)
		f = source_add(&x->source, x->cli->words[i], format, w);
	return f;
}

static void say_summary(const struct import *x)
{
	if (x->cli->json)
		printf("{\"imported\": %llu, \"refused\": %llu, \"mailboxes\": %zu, \"bytes\": %llu}\n",
			(unsigned long long)x->done, (unsigned long long)x->refused, x->source.folder_count,
			(unsigned long long)x->source.bytes);
	else if (!x->cli->quiet)
		printf("%llu messages imported, %llu refused, %zu mailboxes, %.1f MB\n", (unsigned long long)x->done,
			(unsigned long long)x->refused, x->source.folder_count, (double)x->source.bytes / 1e6);
}

int cli_import(struct cli *c)
{
	struct import x = {.cli = c};
	enum source_format format;
	struct why w;
	enum fail f;

	if (!format_of(c, &format))
		return cli_error(USAGE, "there is no format '%s': maildir or mbox", c->format);
	if (!cli_settings(c))
		return BAD_SETTINGS;
	source_init(&x.source);
	f = look(&x, format, &w);
	if (!f)
		f = imap_client_log_in(c->settings, c->words[0], &x.imap, &w);
	if (!f)
		f = import_all(&x, &w);
	imap_client_close(x.imap);
	if (x.imap)
		say_summary(&x);
	source_fini(&x.source);
	return f ? cli_fail(f, &w) : x.refused ? REFUSED : 0;
}
