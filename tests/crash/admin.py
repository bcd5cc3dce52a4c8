"""The administrator at work: asks for the space of deleted mail, while it is served; and on the accounts directory, which auth keeps, accounts
come, get other passwords, are locked, go. The same question as of mail: what was acknowledged is there, and what was under way is there wholly or not
at all."""
import asyncio
import random
import re

from model import Finding
from wire import Gone, Imap, Refused

ROW = re.compile(r'^ *(\d+) +shard \d+ +\S+ +(\w+) +(\S+)$', re.M)
GONE = None


class Admin:
    """`may`: person -> what may be, (state, password) or GONE. More than one only after a kill, until it is known which."""
    people = ('ada', 'bob', 'cyd')

    def __init__(self, world, seed):
        self.world, self.dice = world, random.Random(seed)
        self.may = {p: [GONE] for p in self.people}
        self.numbers, self.highest = {}, 0

    async def command(self, *words, text=''):
        server = self.world.server
        process = await asyncio.create_subprocess_exec(
            server.program, *words, '--data', str(server.data), stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        out, err = await process.communicate(text.encode())
        return process.returncode, out.decode() + err.decode()

    def plan(self, person):
        """(words of the command, what stands on its standard input, what it makes of what is)"""
        now = self.may[person][0]
        password = 'p%d' % self.dice.randrange(10 ** 6)
        if now is GONE:
            return ('add', person, '--password-stdin'), password, lambda m: ('enabled', password)
        kind = self.dice.choice(('passwd', 'lock', 'lock', 'remove'))
        if kind == 'passwd':
            return ('passwd', person, '--password-stdin'), password, lambda m: (m[0], password)
        if kind == 'remove':
            return ('remove', person, '--yes'), '', lambda m: GONE
        word, state = ('disable', 'disabled') if now[0] == 'enabled' else ('enable', 'enabled')
        return (word, person), '', lambda m: (state, m[1])

    async def run(self, stop):
        server = self.world.server
        while not stop.is_set():
            if self.dice.random() < 0.3:
                await self.command('compact')  # says nothing that the model would have to know
            person = self.dice.choice(self.people)
            words, text, makes = self.plan(person)
            before, after = self.may[person], [makes(m) for m in self.may[person]]
            self.may[person] = before + after
            code, said = await self.command('account', *words, text=text + '\n')
            if code:
                if server.auth_disturbed() or server.is_disturbed():
                    return
                raise Finding('other', 'account %s: %s, and nothing was killed' % (' '.join(words), said.strip()))
            self.may[person] = after
            self.world.acknowledged += 1

    async def compare(self):
        code, said = await self.command('account', 'list')
        if code:
            raise Finding('other', 'account list: %s' % said.strip())
        rows = {name.partition('@')[0]: (int(number), state) for number, state, name in ROW.findall(said)}
        self.check_numbers({p: rows[p][0] for p in self.people if p in rows})
        for person in self.people:
            state = rows[person][1] if person in rows else GONE
            fits = [m for m in self.may[person] if (m and m[0]) == state]
            if state == 'enabled':
                fits = [m for m in fits if await self.opens(person, m[1])]
            if not fits:
                raise Finding('lost' if state is GONE else 'risen', 'the account %s should be one of %s, but is %s' % (
                    person, self.may[person], state))
            self.may[person] = fits

    def check_numbers(self, numbers):
        """A number is never used again."""
        for person, number in numbers.items():
            if self.numbers.get(person) != number and number <= self.highest:
                raise Finding('other', 'the account %s has the number %d, which is not a new one' % (person, number))
        self.numbers = numbers
        self.highest = max([self.highest, *numbers.values()])

    async def opens(self, person, password):
        for _ in range(200):
            try:
                (await Imap.login(self.world.server.ports['imap'], person, password)).close()
                return True
            except (Refused, Gone) as error:
                if 'AUTHENTICATIONFAILED' in str(error):
                    return False
            await asyncio.sleep(0.05)
        raise Finding('other', 'nobody says whether %s may log in' % person)
