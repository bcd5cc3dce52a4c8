/* The grammar of IMAP under arbitrary bytes: all at once == in pieces; parse → print → parse is equal. */
#include "imap/wire/args.h"
#include "imap/wire/flags.h"
#include "imap/wire/id.h"
#include "imap/wire/mailbox_name.h"
#include "imap/wire/print.h"
#include "imap/wire/reader.h"
#include "imap/wire/verbs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(bool property)
{
	if (!property)
		abort();
}

/* ── The reader ── */

static void log_event(struct reader *r, enum reader_event e, struct span *in, struct span piece, struct buf *log)
{
	switch (e) {
	case READER_NEED: return;
	case READER_BYTES:
		hold(piece.n > 0 && piece.n <= in->n && piece.n <= reader_message_left(r));
		buf_add(log, piece);
		reader_message_took(r, in, piece.n);
		return;
	case READER_MESSAGE:
		buf_addf(log, "M%llu:", (unsigned long long)reader_message_left(r));
		buf_add(log, reader_command(r));
		if (reader_command(r).n % 2)
			buf_add_byte(log, reader_message_accept(r) ? '+' : '-');
		else if (reader_message_refuse(r))
			reader_next(r, true);
		return;
	case READER_CONTINUE: buf_add_byte(log, '+'); return;
	case READER_COMMAND:
	case READER_REFUSED:
	case READER_ENDED:
		buf_addf(log, "%d%d:", e, e == READER_ENDED && reader_tail_is(r, SPAN("")));
		buf_add(log, reader_command(r));
		reader_next(r, false);
		return;
	}
}

static void read_all(struct span all, size_t step, struct buf *log)
{
	struct reader r;

	reader_init(&r, (struct reader_budget){128, 64});
	r.messages = true;
	while (all.n) {
		struct span in = span_first(all, step ? step : 1 + (unsigned char)all.p[0] % 7);

		all = span_skip(all, in.n);
		while (in.n) {
			struct span piece = {NULL, 0};

			log_event(&r, reader_take(&r, &in, &piece), &in, piece, log);
			hold(r.bytes.n <= r.bytes.max && !r.bytes.over);
		}
	}
	reader_fini(&r);
}

static void fuzz_reader(struct span all)
{
	struct buf whole, pieces;

	buf_init(&whole, 64 << 20);
	buf_init(&pieces, 64 << 20);
	read_all(all, SIZE_MAX, &whole);
	read_all(all, 0, &pieces);
	hold(span_eq(buf_span(&whole), buf_span(&pieces)));
	buf_reset(&pieces);
	read_all(all, 1, &pieces);
	hold(span_eq(buf_span(&whole), buf_span(&pieces)));
	buf_fini(&whole);
	buf_fini(&pieces);
}

/* ── Arguments ── */

static void fuzz_strings(struct span all, struct arena *arena)
{
	struct args a, again;
	struct span s, t;
	struct buf out;

	buf_init(&out, all.n * 2 + 64);
	args_init(&a, all, arena);
	while (args_astring(&a, &s) && args_sp(&a)) {
		buf_reset(&out);
		print_astring(&out, s);
		args_init(&again, buf_span(&out), arena);
		hold(args_astring(&again, &t) && args_end(&again) && span_eq(s, t));
	}
	buf_fini(&out);
}

static void fuzz_names(struct span all, struct arena *arena)
{
	struct buf utf8, wire, again;
	struct args a;
	struct span s;

	buf_init(&utf8, all.n * 3 + 8);
	buf_init(&wire, all.n * 15 + 64);
	buf_init(&again, all.n * 16 + 64);
	if (mailbox_name_decode(all, &utf8) == FAIL_NONE && mailbox_name_encode(buf_span(&utf8), &wire) == FAIL_NONE) {
		bool control = false;

		hold(mailbox_name_decode(buf_span(&wire), &again) == FAIL_NONE);
		for (size_t i = 0; i < utf8.n; i++)
			control |= (unsigned char)utf8.p[i] < 0x20 || utf8.p[i] == 0x7f;
		/* No mailbox has control characters in its name: they are not decoded. */
		hold(control || span_eq(buf_span(&utf8), buf_span(&again)));
		buf_reset(&again);
		print_mailbox(&again, buf_span(&utf8), false);
		args_init(&a, buf_span(&again), arena);
		hold(control || (args_mailbox(&a, &s) && args_end(&a) && span_eq(s, buf_span(&utf8))));
	}
	buf_fini(&utf8);
	buf_fini(&wire);
	buf_fini(&again);
}

static void fuzz_sets(struct span all, struct arena *arena)
{
	struct sequence_set set, again;
	struct span rest = all, printed;
	struct buf out;

	buf_init(&out, all.n + 64);
	if (sequence_set_take(&rest, arena, &set)) {
		print_sequence_set(&out, &set);
		printed = buf_span(&out);
		hold(sequence_set_take(&printed, arena, &again) && printed.n == 0 && again.n == set.n);
		for (size_t i = 0; i < set.n; i++)
			hold(again.at[i].first == set.at[i].first && again.at[i].last == set.at[i].last);
		sequence_set_resolve(&set, 1000);
		for (size_t i = 0; i < set.n; i++) {
			hold(set.at[i].first && set.at[i].first <= set.at[i].last &&
				sequence_set_has(&set, set.at[i].first));
			hold(i == 0 || set.at[i - 1].last < set.at[i].first - 1);
		}
	}
	buf_fini(&out);
}

static void fuzz_dates(struct span all, struct arena *arena)
{
	struct date_time d, again;
	struct args a;
	struct buf out;
	int64_t day;

	(void)date_parse(all, &day);
	if (!date_time_parse(all, &d))
		return;
	buf_init(&out, 64);
	print_date_time(&out, d.seconds, d.zone);
	args_init(&a, buf_span(&out), arena);
	hold(args_date_time(&a, &again) || d.seconds < -62135596800 || d.seconds > 253402300799);
	if (!a.error)
		hold(again.zone == d.zone);
	buf_fini(&out);
}

static void fuzz_rest(struct span all, struct arena *arena)
{
	struct flag_set flags;
	struct head head;
	struct args a;

	args_init(&a, all, arena);
	(void)args_flag_list(&a, true, &flags);
	args_init(&a, all, arena);
	(void)args_id(&a);
	args_init(&a, all, arena);
	if (head_take(&a, &head))
		hold(head.tag.n > 0 && head.tag.n <= TAG_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span all = span(data, size);
	struct arena arena;

	arena_init(&arena, 4 << 20);
	fuzz_reader(all);
	fuzz_strings(all, &arena);
	fuzz_names(all, &arena);
	fuzz_sets(all, &arena);
	fuzz_dates(all, &arena);
	fuzz_rest(all, &arena);
	arena_fini(&arena);
	return 0;
}
