#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""sygnet-courier over the bus: who may call, and what a call has to look like."""
import xml.etree.ElementTree as ElementTree

from couriers import COURIER, Courier, deliver
from harness import ALICE, ROOT, SOURCE, SYGNET, BusError, Machine, Memfd, Pipe, TestCase, main


class Contract(TestCase):
    def test_xml_is_what_is_there(self):
        with Machine(polkit=None, daemon=False) as m, Courier(m):
            live = m.client(SYGNET).introspect(**COURIER)
        written = (SOURCE / "dbus/org.sygnet.Courier1.xml").read_text()
        self.assertEqual(self.shape(written), self.shape(live))

    def shape(self, text):
        interface = next(i for i in ElementTree.fromstring(text) if i.get("name") == COURIER["name"])
        return sorted((x.tag, x.get("name"), x.get("type"), x.get("access"),
                       tuple((a.get("name"), a.get("type"), a.get("direction", "in")) for a in x.findall("arg"))) for x in interface)

    def test_only_sygnet_may_call(self):
        with Machine(polkit=None, daemon=False) as m, Courier(m):
            for uid in (ALICE, ROOT):
                with self.assertRaises(BusError) as caught:
                    m.client(uid).call(*deliver("1", "mail", "anna@example.com", "test"), **COURIER)
                self.assertEqual("org.freedesktop.DBus.Error.AccessDenied", caught.exception.name)
            self.refused("DeliveryNotConfigured", m.client(SYGNET).call, *deliver("1", "mail", "anna@example.com", "test"), **COURIER)

    def test_nothing_is_configured(self):
        with Machine(polkit=None, daemon=False) as m, Courier(m):
            sygnet = m.client(SYGNET)
            self.assertEqual([], sygnet.call("org.sygnet.Courier1.Channels", **COURIER) or [])
            for channel, recipient in (("mail", "anna@example.com"), ("sms", "+48100200300")):
                said = self.refused("DeliveryNotConfigured", sygnet.call, *deliver("1", channel, recipient, "test"), **COURIER)
                self.assertIn("courier.conf", said)

    def test_bad_arguments(self):
        with Machine(polkit=None, daemon=False) as m, Courier(m):
            sygnet = m.client(SYGNET)
            for bad in (deliver("", "mail", "anna@example.com", "test"), deliver("a b", "mail", "anna@example.com", "test"),
                        deliver("1", "fax", "anna@example.com", "test"), deliver("1", "mail", "anna@example.com", "../test"),
                        deliver("1", "mail", "anna@example.com", "test", "e/n"), deliver("1\r\nX: y", "mail", "anna@example.com", "test")):
                self.refused("InvalidArgument", sygnet.call, *bad, **COURIER)
            for fields in (Memfd(b"{}", seals=0), Pipe(b"{}")):
                self.refused("InvalidArgument", sygnet.call, *deliver("1", "mail", "anna@example.com", "test")[:-1], fields, **COURIER)


if __name__ == "__main__":
    main()
