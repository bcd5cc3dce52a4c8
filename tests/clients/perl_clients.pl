# Mail::IMAPClient and Mail::POP3Client at their ordinary work. Says "all well".
use strict;
use warnings;
use Mail::IMAPClient;
use Mail::POP3Client;

my ($imap_port, $imaps_port, $pop3s_port, $user, $password, $ca) = @ARGV;
my $message = join "\r\n", 'From: a@example.net', 'Subject: from Perl', '', 'a line', '.', 'the last', '';

sub check { my ($good, $what) = @_; die "$what: " . ($@ || '') . "\n" unless $good }

for my $tls (0, 1) {
	my $imap = Mail::IMAPClient->new(Server => 'localhost', Port => $tls ? $imaps_port : $imap_port, User => $user, Password => $password,
		Uid => 1, ($tls ? (Ssl => [SSL_ca_file => $ca, SSL_verify_mode => 1]) : ()))
		or die "no IMAP: $@\n";
	check($imap->IsAuthenticated, 'login');
	check($imap->has_capability('IDLE') && $imap->has_capability('SORT'), 'capabilities');
	check($imap->create("box $tls"), 'create');
	check((grep { $_ eq "box $tls" } $imap->folders), 'folders');
	my $uid = $imap->append_string("box $tls", $message, '\Flagged');
	check($uid && $uid =~ /^\d+$/, 'APPENDUID');
	check($imap->select("box $tls"), 'select');
	check($imap->message_string($uid) eq $message, 'the message, octet for octet');
	check($imap->subject($uid) eq 'from Perl', 'subject');
	check($imap->size($uid) == length $message, 'size');
	check("@{[$imap->search('SUBJECT', $imap->Quote('perl'))]}" eq $uid, 'search');
	check("@{[$imap->sort('REVERSE DATE', 'UTF-8', 'ALL')]}" eq $uid, 'sort');
	check((grep { $_ eq '\Flagged' } $imap->flags($uid)), 'flags');
	check($imap->see($uid) && (grep { $_ eq '\Seen' } $imap->flags($uid)), 'seen');
	my $structure = $imap->get_bodystructure($uid);
	check($structure && lc $structure->bodytype eq 'text', 'bodystructure');
	check(lc($imap->get_envelope($uid)->subject) eq 'from perl', 'envelope');
	my $copied = $imap->copy('INBOX', $uid);
	check($copied, 'copy');
	check($imap->delete_message($uid) && $imap->expunge && $imap->message_count == 0, 'delete, expunge');
	check($imap->select('INBOX') && $imap->message_count == 1 + $tls, 'copied');
	my $idle = $imap->idle or die "idle: $@\n";
	check($imap->done($idle), 'done');
	check($imap->rename("box $tls", "renamed $tls") && $imap->delete("renamed $tls"), 'rename, delete');
	check($imap->logout, 'logout');
}

my $pop = Mail::POP3Client->new(HOST => 'localhost', PORT => $pop3s_port, USER => $user, PASSWORD => $password, AUTH_MODE => 'PASS', USESSL => 1);
check($pop->Count == 2, 'POP3: two messages: ' . ($pop->Message || ''));
check($pop->Size == 2 * length $message, 'POP3: their size');
my $got = join "\r\n", $pop->HeadAndBody(1);
check($got =~ /Subject: from Perl/ && $got =~ /a line\r?\n\.\r?\nthe last/, 'POP3: a message');
check((grep { /from Perl/ } $pop->Head(2)), 'POP3: its head');
my @uidl = $pop->Uidl;
check(@uidl >= 2, 'POP3: UIDL');
check($pop->Delete(1) && $pop->Close, 'POP3: delete, quit');
$pop = Mail::POP3Client->new(HOST => 'localhost', PORT => $pop3s_port, USER => $user, PASSWORD => $password, AUTH_MODE => 'PASS', USESSL => 1);
check($pop->Count == 1, 'POP3: one left');
$pop->Close;
print "all well\n";
