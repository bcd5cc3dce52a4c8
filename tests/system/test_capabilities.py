"""Capabilities that are switched off: what is refused when the settings are read."""
import subprocess

from barid import PROGRAM, Barid


def test_names_that_cannot_be_switched_off_are_refused_with_a_remedy(tmp_path):
    server = Barid(tmp_path, imap_capabilities_off='SORT, THREAD=REFERENCE', imaps_capabilities_off='imap4rev1',
                   pop3_capabilities_off='TOP UIDLE', pop3s_capabilities_off='USER')
    server.write_settings()
    done = subprocess.run([PROGRAM, 'check', '--config', str(server.config)], text=True, capture_output=True)
    told = done.stdout + done.stderr
    assert done.returncode == 78
    assert "imap_capabilities_off: 'THREAD=REFERENCE' is no capability: did you mean 'THREAD=REFERENCES'?" in told
    assert "imaps_capabilities_off: 'IMAP4rev1' cannot be switched off" in told
    assert "pop3_capabilities_off: 'UIDLE' is no capability: did you mean 'UIDL'?" in told
    assert "pop3s_capabilities_off: 'USER' cannot be switched off" in told
