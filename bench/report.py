"""What a run has measured: kept after every row, so that a run which ends early is worth what it has; tables and plots of it in Markdown, JSON,
SVG, PNG. Knows no server."""
import datetime
import json
import statistics
import time
from pathlib import Path

from rows import MEMORY, RATE, SPEED, TIME

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / 'doc' / 'PERFORMANCE.md'
PLOTS = ROOT / 'doc' / 'performance'
BEGIN, END = '<!-- the last run: written by make bench -->', '<!-- end of the last run -->'
LESS_IS_BETTER = (TIME, MEMORY)


def figure(value):
    if value is None:
        return '–'
    return '{:,.0f}'.format(value) if abs(value) >= 100 else '{:.1f}'.format(value) if abs(value) >= 10 else '{:.2f}'.format(value)


def value_of(result, name, key='value'):
    found = result['servers'].get(name, {}).get(key)
    return found['median'] if found else None


def best_peer(result, key='value', less=None):
    less = result['row'].unit in LESS_IS_BETTER if less is None else less
    values = [v for n in result['servers'] if n != 'barid' and (v := value_of(result, n, key)) is not None]
    return (min if less else max)(values) if values else None


def ratio(result, key='value', less=None):
    """How many times better Barid is than the better peer."""
    less = result['row'].unit in LESS_IS_BETTER if less is None else less
    ours, peer = value_of(result, 'barid', key), best_peer(result, key, less)
    if not ours or peer is None or peer <= 0 or ours <= 0:
        return None
    return peer / ours if less else ours / peer


def reached(result):
    """'yes', 'no' or '' (no aim, or nothing to compare with), and what was asked."""
    row, ours = result['row'], value_of(result, 'barid')
    if row.ceiling is not None and ours is not None:
        return 'yes' if ours <= row.ceiling else 'no', '≤ %s %s' % (figure(row.ceiling), row.unit)
    if row.floor is not None and ours is not None:
        return 'yes' if ours >= row.floor else 'no', '≥ %s %s' % (figure(row.floor), row.unit)
    r = ratio(result)
    if row.aim is None or r is None:
        return '', '' if row.aim is None else '%g×' % row.aim
    return 'yes' if r >= row.aim else 'no', '%g×' % row.aim


def line(result):
    """One row for a person who watches."""
    cells = []
    for name, found in result['servers'].items():
        cells.append('%s %s' % (name, 'WRONG (%s)' % found['wrong'] if 'wrong' in found else
                                figure(found['value']['median']) + note(found)))
    r = ratio(result)
    return '%-16s %-13s %s%s' % (result['row'].name, result['row'].unit, ', '.join(cells), '' if r is None else ' → %.1f×' % r)


def note(found):
    return ' [%s]' % found['note'] if found.get('note') else ''


def spread(found):
    value = found['value']
    return '' if value['least'] == value['most'] else ' (%s–%s)' % (figure(value['least']), figure(value['most']))


def cell(found):
    if not found:
        return '–'
    return 'wrong' if 'wrong' in found else figure(found['value']['median']) + spread(found) + note(found)


def of_limit(result, limits):
    """What share of the physical limit Barid reaches."""
    row, ours = result['row'], value_of(result, 'barid')
    if not row.limit or row.limit not in limits or not ours:
        return ''
    limit = limits[row.limit]
    if row.limit.startswith('sync_'):
        limit *= row.connections
    elif row.unit == SPEED:
        limit /= 1e6
    return '%.0f%% of %s' % (100 * ours / limit, figure(limit))


def table(results, limits):
    head = ['what', 'unit', 'Barid', 'Dovecot', 'Cyrus', 'against the better peer', 'aim', 'reached', 'server CPU an operation, µs: Barid / Dovecot / Cyrus',
            'of the limit', 'others on the machine']
    out = ['| ' + ' | '.join(head) + ' |', '|' + '---|' * len(head)]
    for result in results.values():
        servers, r = result['servers'], ratio(result)
        yes, aim = reached(result)
        cpu = [figure(value_of(result, n, 'cpu_us')) for n in ('barid', 'dovecot', 'cyrus')]
        shares = [f['others_share'] for f in servers.values() if 'others_share' in f]
        row = [result['row'].title, result['row'].unit] + [cell(servers.get(n)) for n in ('barid', 'dovecot', 'cyrus')]
        row += ['' if r is None else '**%.1f×**' % r, aim, yes, '' if cpu == ['–'] * 3 else ' / '.join(cpu), of_limit(result, limits),
                '%.0f%%' % (100 * max(shares)) if shares else '']
        out.append('| ' + ' | '.join(row) + ' |')
    return '\n'.join(out)


def busy(results):
    """One sentence about the others on the machine."""
    shares = [max(s) for r in results.values() if (s := [f['others_share'] for f in r['servers'].values() if 'others_share' in f])]
    if not shares:
        return ''
    typical = statistics.median(shares)
    text = 'Other work on the machine took %.0f%% of its processors in the median row' % (100 * typical)
    return text + ('.' if typical < 0.25 else ': **rates with few connections, p99 and what is compared over TLS are worth little in this run**; '
                   'server CPU an operation and the slow rows are worth more.')


def markdown(run):
    facts = '; '.join('%s %s' % item for item in run.machine.items())
    best = '; '.join('%s %s' % (k, figure(v / 1e6) + ' MB/s' if v > 1e6 else figure(v) + '/s') for k, v in run.best().items())
    missing = [name for name in run.known if name not in run.rows]
    out = ['Run of %s, %.0f minutes. %s.' % (run.when, run.minutes(), facts), '', busy(run.rows)]
    if missing:
        out.append('Not measured in this run: %s.' % ', '.join(missing))
    return '\n'.join(out + ['', 'Limits of the machine during the run: %s.' % best, '', table(run.rows, run.best()), ''])


def plain(results):
    """For JSON: rows become words."""
    return {name: {'title': r['row'].title, 'unit': r['row'].unit, 'aim': reached(r)[1], 'reached': reached(r)[0], 'ratio': ratio(r),
                   'servers': r['servers']} for name, r in results.items()}


def plot(results, directory):
    """Bars: how many times better than the better peer, and how many times less CPU; one each row."""
    import matplotlib
    matplotlib.use('Agg')
    matplotlib.rcParams.update({'svg.hashsalt': 'barid', 'svg.fonttype': 'none'})
    from matplotlib import pyplot
    shown = [(name, ratio(r), ratio(r, 'cpu_us', True)) for name, r in results.items() if ratio(r)]
    if not shown:
        return
    figure_, axes = pyplot.subplots(figsize=(9, 0.34 * len(shown) + 1.2))
    places = range(len(shown))
    axes.barh([p + 0.2 for p in places], [s[1] for s in shown], 0.38, label='rate, time or memory', color='#2b6cb0')
    axes.barh([p - 0.2 for p in places], [s[2] or 0 for s in shown], 0.38, label='server CPU an operation', color='#a0aec0')
    axes.set_yticks(list(places), [s[0] for s in shown])
    axes.set_xscale('log')
    axes.axvline(1, color='#c53030', linewidth=1)
    axes.set_xlabel('times better than the better of Dovecot and Cyrus')
    axes.invert_yaxis()
    axes.legend(loc='lower right', fontsize=8)
    figure_.tight_layout()
    for kind in ('svg', 'png'):
        figure_.savefig(directory / ('ratios.' + kind), dpi=110, metadata={'Date': None} if kind == 'svg' else None)
    pyplot.close(figure_)


def put_between(begin, end, text):
    """Into the page, in place of what stands between two of its lines."""
    page = PAGE.read_text()
    before, after = page.index(begin) + len(begin), page.index(end)
    PAGE.write_text(page[:before] + '\n' + text + page[after:])
    PLOTS.mkdir(exist_ok=True)


class Run:
    """`rows`: name → {'row', 'servers'}, in the order of the benchmark; `limits`: name → what each look at the machine gave."""
    SIZES = ('messages', 'rounds', 'seconds a run')

    def __init__(self, options, all_rows):
        self.options, self.known = options, {row.name: row for row in all_rows}
        self.rows, self.limits, self.machine, self.spent, self.began = {}, {}, {}, 0, time.monotonic()
        self.when = datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%d %H:%M UTC')
        self.path = options.out / 'run.json'
        if options.resume and self.path.exists():
            self.take(json.loads(self.path.read_text()))

    def take(self, earlier):
        sizes = dict(zip(self.SIZES, (self.options.messages, self.options.rounds, self.options.seconds)))
        differ = [k for k, v in sizes.items() if earlier['machine'].get(k) != v]
        if differ:
            raise SystemExit('%s is of a run with other %s: remove it, or leave --resume out' % (self.path, ', '.join(differ)))
        self.when, self.limits, self.spent = earlier['when'], earlier['limits'], earlier['seconds']
        self.rows = {name: {'row': self.known[name], 'servers': r['servers']} for name, r in earlier['rows'].items() if name in self.known}

    def minutes_now(self):
        return (time.monotonic() - self.began) / 60

    def minutes(self):
        """With those of the run that this one resumes."""
        return self.spent / 60 + self.minutes_now()

    def best(self):
        return {k: statistics.median(v) for k, v in self.limits.items()}

    def save(self):
        """Table and JSON as of now."""
        self.rows = {name: self.rows[name] for name in self.known if name in self.rows}
        self.options.out.mkdir(parents=True, exist_ok=True)
        (self.options.out / 'table.md').write_text(markdown(self))
        self.path.write_text(json.dumps({'when': self.when, 'seconds': self.minutes() * 60, 'machine': self.machine, 'limits': self.limits,
                                         'rows': plain(self.rows)}, indent=1))

    def finish(self):
        self.save()
        if self.options.publish:
            put_between(BEGIN, END, markdown(self))
        plot(self.rows, self.options.out)
        if self.options.publish:
            plot(self.rows, PLOTS)
        print('written to %s' % self.options.out)
