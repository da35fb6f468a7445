"""What the end-to-end tests, the crash tests and the quickstart share.

relay.py     runs the real binary
hcp.py       what HCP Terraform and HCP Packer would send
server.py    an HTTP stand-in with scriptable faults; slack.py, receiver.py
             and hcp_api.py are such stand-ins that also check what they get
document.py  the notification document, key by key
case.py      a unittest case that has all of these and cleans up
"""
