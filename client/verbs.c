/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The verb table; see verbs.h. */

#include <limits.h>
#include <string.h>

#include "client/verb-options.h"
#include "client/verbs.h"

const Verb verbs[] = {
        { "login", "LOGIN", 0, 1, N_("Open a session"),
          N_("A session ends three minutes after the last signature, unless it is remembered: that takes one code, which then serves for all "
             "signatures of the session."), login_options, verb_login },
        { "logout", "", 0, 0, N_("Close your sessions"), NULL, session_options, verb_logout },
        { "status", "", 0, 0, N_("Show the service and your sessions"),
          N_("With --follow it goes on to tell what happens to the sessions of your Unix user: that one ends in a minute, that one has ended and why, and each use of a "
             "remembered one. As JSON that is one object a line."), status_options, verb_status },
        { "list", "", 0, 0, N_("List the credentials that you may use"), NULL, list_options, verb_list },
        { "show", "CREDENTIAL", 1, 1, N_("Show a credential and its certificate"), NULL, show_options, verb_show },
        { "sign", "[FILE…]", 0, UINT_MAX, N_("Sign or seal files"),
          N_("A PDF gets the signature inside (invoice.pdf becomes invoice-signed.pdf, or invoice-sealed.pdf with a seal); any other file gets a "
             "detached signature beside it (declaration.xml.p7s). With --format asic-e all files become one container. All files are one operation: one code or password signs them all. "
             "A file that cannot be signed does not keep the others from it; what was interrupted goes on with --skip-signed. "
             "The documents do not leave this program."), sign_options, verb_sign },
        { "extend", "FILE…", 1, UINT_MAX, N_("Add timestamps to signed files"),
          N_("Each signature of a .p7s or .p7m file, an XML document or an ASiC container that has no timestamp gets one; a PDF gets one over the whole document, which needs no signature. The file is replaced, unless "
             "--output says where to write; what was signed stays as it was. Needs no key and no service."), extend_options, verb_extend },
        { "verify", "[FILE…]", 0, UINT_MAX, N_("Verify the signatures of files"),
          N_("Takes signed PDF and XML files, ASiC containers, and .p7s or .p7m files. The document of a detached signature is looked for beside it. Whether the certificates were "
             "revoked or suspended is looked up in the signature, in the files given, in what the local CA publishes, and where the certificates say on the network. Needs no service. "
             "Ends with 0 when all signatures passed, 4 when all there is is a valid timestamp and nobody's signature, 5 when one is not valid, 6 when it cannot be told. Of several files it tells less about each: name one alone for all of it."), verify_options, verb_verify },
        { "show-signatures", "FILE", 1, 1, N_("Show the signatures of a file as a viewer does"),
          N_("Who signed and when, with reason and place, where a PDF shows it, what it certifies and which revision it belongs to, and the fields that wait to be signed. "
             "Does not use the network: for the full verdict see “verify”. Ends with 0 when there was something to show, 4 when the file has no signatures and no fields for any."),
          show_signatures_options, verb_show_signatures },
        { "certificate", "FILE", 1, 1, N_("Show the certificates of a file"),
          N_("Takes certificates (PEM, DER, p7b), PKCS#12 files, and signed documents, whose signers' certificates are shown. Nothing is verified."),
          certificate_options, verb_certificate },
        { "container list", "FILE", 1, 1, N_("List what is in an ASiC container"), NULL, NULL, verb_container_list },
        { "container extract", "FILE", 1, 1, N_("Get the documents out of an ASiC container"),
          N_("They are put into a new folder, whole or not at all, and nowhere else, whatever their names are. Signatures stay in the container and are not verified."),
          container_extract_options, verb_container_extract },
        { "otp enroll", "", 0, 0, N_("Enrol an authenticator for one-time codes"),
          N_("You confirm with a code that is sent to your telephone, if one is known. The secret is shown once, as a QR code and as text, and "
             "confirmed by a first code."), otp_enroll_options, verb_otp_enroll },
        { "otp confirm", "ID", 1, 1, N_("Confirm an authenticator by its first code"), NULL, otp_confirm_options, verb_otp_confirm },
        { "otp list", "", 0, 0, N_("List your authenticators"), NULL, session_options, verb_otp_list },
        { "otp revoke", "ID", 1, 1, N_("Revoke an authenticator"), 
          N_("Confirmed by a code that is sent to your telephone, or with --otp-file by one of any of your active authenticators."), otp_revoke_options, verb_otp_revoke },
        { "otp reset", "LOGIN", 1, 1, N_("Revoke all authenticators of an account (operators)"), NULL, yes_options, verb_otp_reset },
        { "pin status", "", 0, 0, N_("Show whether your PIN is set or blocked, and what it opens"), NULL, session_options, verb_pin_status },
        { "pin set", "", 0, 0, N_("Set your first PIN"),
          N_("A PIN is 8 digits. It is set with the activation code from the e-mail, and confirmed by a code that is sent to your telephone; without a telephone, "
             "by a code of your authenticator. A forgotten PIN cannot be recovered: signatures that it opens are lost with it."), pin_set_options, verb_pin_set },
        { "pin change", "", 0, 0, N_("Change your PIN, knowing the present one"), NULL, pin_change_options, verb_pin_change },
        { "pin unblock", "", 0, 0, N_("Unblock your PIN after five wrong ones"), N_("Takes the same codes as “pin set”; the PIN stays as it was."),
          pin_unblock_options, verb_pin_unblock },
        { "pin reset", "", 0, 0, N_("Set a new PIN in place of a forgotten one"),
          N_("Takes the same codes as “pin set”. The signatures that the forgotten PIN opened are erased: make new ones."), pin_reset_options, verb_pin_reset },
        { "policy", "CREDENTIAL", 1, 1, N_("Show or change what signing with a credential takes"),
          N_("The operator sets the weakest factors that are allowed; the seal's Administrator, or a key's owner, what is in force, and how far a remembered session "
             "stands for the one-time code."), policy_options, verb_policy },
        { "activate", "LOGIN", 1, 1, N_("Begin: password, authenticator, PIN and seals, step by step"),
          N_("At a terminal you are led from the mail that told you of your account to your first seal; what is done already is passed over. With --code-file "
             "only the first password is set, by the temporary one that was mailed to you."), activate_options, verb_activate },
        { "register", "INVITATION LOGIN", 2, 2, N_("Make an account when you were invited to use a seal"),
          N_("The invitation and its code stand in the mail. The account has the e-mail address that was invited; an operator lets you log in."),
          register_options, verb_register },
        { "account create", "LOGIN", 1, 1, N_("Create an account (operators)"),
          N_("With --email and without --password-file the person gets a mail with a temporary password, for “activate” or for the first login."),
          account_create_options, verb_account_create },
        { "account edit", "LOGIN", 1, 1, N_("Correct what an account says (operators)"),
          N_("Where codes go is changed by its owner only, once the account may use a seal."), account_edit_options, verb_account_edit },
        { "account delete", "LOGIN", 1, 1, N_("Delete an account for good; its history stays (operators)"), NULL, yes_options, verb_account_delete },
        { "account list", "", 0, 0, N_("List the accounts (operators)"), NULL, NULL, verb_account_list },
        { "account bind", "LOGIN USER", 2, 2, N_("Let a Unix user log in as an account (operators)"), NULL, NULL, verb_account_bind },
        { "account unbind", "LOGIN USER", 2, 2, N_("Take that back (operators)"), NULL, NULL, verb_account_unbind },
        { "account enable", "LOGIN", 1, 1, N_("Enable an account (operators)"), NULL, NULL, verb_account_enable },
        { "account disable", "LOGIN", 1, 1, N_("Disable an account and end its sessions (operators)"), NULL, NULL, verb_account_disable },
        { "account forgot", "LOGIN", 1, 1, N_("Set a new password when you forgot yours"),
          N_("Takes a code by mail, and where your phone is known one by SMS. Your authenticators stay as they are."), account_forgot_options,
          verb_account_forgot },
        { "account email", "ADDRESS", 1, 1, N_("Change your e-mail address, confirmed at the old one and the new one"), NULL, account_contact_options,
          verb_account_email },
        { "account phone", "NUMBER", 1, 1, N_("Change your phone number, confirmed at the old one and the new one"), NULL, account_contact_options,
          verb_account_phone },
        { "account password", "", 0, 0, N_("Change your password"), NULL, account_password_options, verb_account_password },
        { "seal create", "LABEL", 1, 1, N_("Make an organisation's seal (operators)"),
          N_("Makes the key, has the local certification authority issue the certificate, and puts it in. With --no-issue the certificate comes "
             "from another authority: “seal request” gives what it needs, “seal import” takes its answer."), seal_create_options, verb_seal_create },
        { "seal request", "SEAL", 1, 1, N_("Write a seal's certificate request, PKCS#10 (operators)"), NULL, seal_request_options, verb_seal_request },
        { "seal import", "SEAL FILE…", 2, UINT_MAX, N_("Put in a seal's certificate and its issuers' (operators)"),
          N_("Takes PEM, DER and PKCS#7 (p7b) files, and base64 of these, in any order. What does not belong to the key's chain is left out."), NULL, verb_seal_import },
        { "seal users", "SEAL", 1, 1, N_("List who may use a seal, and who could"), NULL, seal_users_options, verb_seal_users },
        { "seal invite", "SEAL EMAIL PHONE", 3, 3, N_("Invite somebody to use a seal"),
          N_("A mail goes to the address; whoever has an account of that address activates the access with a code that goes to the phone. Until then "
             "the user is pending. To correct a mistake, remove the user and invite again."), seal_give_options, verb_seal_invite },
        { "seal invitations", "", 0, 0, N_("List the seals that you were invited to use"), NULL, session_options, verb_seal_invitations },
        { "seal activate", "[INVITATION]", 0, 1, N_("Accept an invitation with a code by SMS"),
          N_("The code goes to the phone that the seal's Administrator gave. Your account must have the e-mail address that was invited."),
          seal_activate_options, verb_seal_activate },
        { "seal add-user", "SEAL LOGIN", 2, 2, N_("Let an account use a seal"), NULL, seal_give_options, verb_seal_add_user },
        { "seal remove-user", "SEAL USER", 2, 2, N_("Take a seal from a user, at once"),
          N_("USER is a login or an invitation's id, as “seal users” shows them."), seal_administer_options, verb_seal_remove_user },
        { "seal break-lease", "SEAL", 1, 1, N_("Free a seal that somebody keeps busy"), NULL, seal_administer_options, verb_seal_break_lease },
        { "seal renew", "SEAL", 1, 1, N_("Renew a seal's certificate"),
          N_("Makes a new key and writes its certificate request, while the old certificate goes on serving. With --operator the local certification authority "
             "issues at once. The new key takes the old one's place when its certificate is put in: “seal import”."), seal_renew_options, verb_seal_renew },
        { "seal reissue", "SEAL", 1, 1, N_("Make a new seal in the place of one whose Administrator is gone (operators)"),
          N_("The role cannot be passed on: the seal is retired, and a new one of the same name and subject made. Users are invited anew."),
          seal_reissue_options, verb_seal_reissue },
        { "seal retire", "SEAL", 1, 1, N_("Erase a seal's key for good (operators)"), NULL, yes_options, verb_seal_retire },
        { "mandate create", "SEAL", 1, 1, N_("Let a service seal unattended"),
          N_("For the seal's Administrator, with a one-time code. The Unix user of the service can then seal without codes, so many documents, until a day; what "
             "it sealed stands in your log. Mandates are for users that stay the same: not for root, and not for those that systemd gives out "
             "dynamically."), mandate_create_options, verb_mandate_create },
        { "mandate list", "", 0, 0, N_("List mandates"),
          N_("Those of your Unix user, and those of the seals that you administer, while you are logged in."), mandate_list_options, verb_mandate_list },
        { "mandate show", "MANDATE", 1, 1, N_("Show a mandate and what is left of it"), NULL, mandate_show_options, verb_mandate_show },
        { "mandate revoke", "MANDATE", 1, 1, N_("Take a mandate back, at once"), NULL, mandate_revoke_options, verb_mandate_revoke },
        { "key generate", "", 0, 0, N_("Make a key of your own"),
          N_("A customs key signs declarations, a signature documents; an authentication key only logs in. The keys that KSeF certifies are of two types: ksef-authentication "
             "logs in there, ksef-offline is for the codes of invoices that are issued offline; their subject is exactly what KSeF handed out. A signature is opened by "
             "your PIN: see “pin set”. All others have a password of at least 12 characters with upper and lower case, a digit and a special character. Nobody can recover "
             "either. The local certification authority issues the certificate, which takes an operator's leave; with --no-issue, and for KSeF, another "
             "authority does: see “key request” and “key import”."), key_generate_options, verb_key_place_generate },
        { "key request", "KEY", 1, 1, N_("Write a key's certificate request, PKCS#10"), NULL, key_request_options, verb_key_place_request },
        { "key renew", "KEY", 1, 1, N_("Ask for a new certificate of your key"),
          N_("Makes a new key and writes its certificate request, while the old certificate goes on serving. The new key has the password or PIN of the old one, and takes its "
             "place when its certificate is put in: “key import”."), key_renew_options, verb_key_place_renew },
        { "key import", "[KEY] FILE…", 1, UINT_MAX, N_("Put in a key's certificate and its issuers', or take in a key"),
          N_("Takes PEM, DER and PKCS#7 (p7b) files, and base64 of these, in any order. What does not belong to the key's chain is left out. "
             "A FILE alone is a key with its certificates, PKCS#12 or PKCS#8, or the pkcs11: URI of a card: from then on the key "
             "stands in the list and is called by its label; it stays where it is."), key_import_options, verb_key_place_import },
        { "key export", "KEY", 1, 1, N_("Write a key that is in a file into another file"),
          N_("In a form and under a password of choice. A key in the service or on a card never leaves it."), key_export_options, verb_key_export },
        { "key list", "", 0, 0, N_("List your own keys, in the service, in files and on cards"), NULL, NULL, verb_key_list },
        { "key terms", "", 0, 0, N_("Show the terms and statements of customs keys"), NULL, NULL, verb_key_terms },
        { "key retire", "KEY", 1, 1, N_("Erase a key for good"), NULL, key_retire_options, verb_key_place_retire },
        { "key compromise", "CREDENTIAL", 1, 1, N_("Report that a key may be in other hands: it is blocked at once"),
          N_("Nothing is signed with it any more, the sessions of all who may use it end, and they are told by mail. The local certification authority "
             "suspends the certificate; for one of another CA it says what to do. Takes no code: that may be in the same hands."),
          key_compromise_options, verb_key_place_compromise },
        { "key release", "CREDENTIAL", 1, 1, N_("Take such a report back, which was wrong (operators)"), NULL, NULL, verb_key_release },
        { "ca init", "", 0, 0, N_("Make the root of the local certification authority (operators)"), NULL, ca_init_options, verb_ca_init },
        { "ca show", "", 0, 0, N_("Show the local authority's root certificate"), NULL, ca_show_options, verb_ca_show },
        { "ca issue", "FILE", 1, 1, N_("Issue a certificate for a request (operators)"), NULL, ca_issue_options, verb_ca_issue },
        { "ca list", "", 0, 0, N_("List what the local authority issued (operators)"), NULL, limit_options, verb_ca_list },
        { "ca request", "FILE", 1, 1, N_("Ask the local authority for a certificate for a request"),
          N_("An operator approves or rejects it; fetch the answer with “ca answer”."), ca_request_options, verb_ca_request },
        { "ca requests", "", 0, 0, N_("List what you asked the local authority for"), NULL, ca_requests_options, verb_ca_requests },
        { "ca answer", "NUMBER", 1, 1, N_("Fetch the certificate that was issued for a request of yours"), NULL, ca_answer_options, verb_ca_answer },
        { "ca approve", "NUMBER", 1, 1, N_("Issue the certificate that somebody asked for (operators)"), NULL, ca_approve_options, verb_ca_approve },
        { "ca reject", "NUMBER", 1, 1, N_("Refuse the certificate that somebody asked for (operators)"), NULL, ca_reject_options, verb_ca_reject },
        { "ca status", "[CERTIFICATE]", 0, 1, N_("Show how the local authority is (operators), or the state of a certificate of its"),
          N_("CERTIFICATE is a serial number or a file. Exit code 0: good; 5: suspended or revoked; 4: not issued by this authority."), NULL, verb_ca_status },
        { "ca suspend", "CERTIFICATE", 1, 1, N_("Suspend a certificate of the local authority (operators)"), NULL, ca_state_options, verb_ca_suspend },
        { "ca resume", "CERTIFICATE", 1, 1, N_("End the suspension of a certificate (operators)"), NULL, ca_state_options, verb_ca_resume },
        { "ca revoke", "CERTIFICATE", 1, 1, N_("Revoke a certificate of the local authority for good (operators)"), NULL, ca_revoke_options,
          verb_ca_revoke },
        { "ca crl", "", 0, 0, N_("Print the local authority's list of revocations"), NULL, ca_crl_options, verb_ca_crl },
        { "ca publish", "", 0, 0, N_("Publish a new list of revocations now (operators)"), NULL, NULL, verb_ca_publish },
        { "setup", "", 0, 0, N_("Make this machine and your programs trust CA certificates; begin, repair or undo"),
          N_("Takes CA certificates from /etc/sygnet/anchors.d, or from where you say, shows them and asks, installs them in the system's stores and in the "
             "databases of your browsers and mail programs, and has other programs check that they trust them now. At a terminal you are led through it. "
             "Run again, it completes what was interrupted. With --undo all stands as before."), setup_options, verb_setup },
        { "trust list", "", 0, 0, N_("List the CA certificates that were installed through Sygnet"), NULL, NULL, verb_trust_list },
        { "trust inspect", "FILE", 1, 1, N_("Show what the CA certificates of a file are"), N_("PEM with any number of them, DER, or PKCS #7 (p7b)."), NULL,
          verb_trust_inspect },
        { "trust status", "[FINGERPRINT|FILE]", 0, 1, N_("Show where a CA certificate is trusted, store by store"),
          N_("The system's stores, and the databases of your browsers and mail programs. Without an argument about all certificates that Sygnet installed."), NULL,
          verb_trust_status },
        { "trust install", "FILE", 1, 1, N_("Put CA certificates into the system's trust stores (operators)"),
          N_("Shows subject, fingerprint and constraints of each and asks before anything is changed. All of the file are installed, in all stores of the system, or none "
             "is: Firefox and Java have stores of their own. What was trusted before is left as it is."), trust_install_options, verb_trust_install },
        { "trust remove", "FINGERPRINT…", 1, UINT_MAX, N_("Take CA certificates out again (operators)"), NULL, yes_options, verb_trust_remove },
        { "trust stores", "", 0, 0, N_("List the trust stores of this system"), NULL, NULL, verb_trust_stores },
        { "log", "", 0, 0, N_("Show what your account did"), NULL, log_options, verb_log },
        { "log export", "", 0, 0, N_("Print all entries as JSON, one a line, the oldest first"), NULL, log_export_options, verb_log_export },
        { "log verify", "", 0, 0, N_("Check that the log is whole (operators)"), NULL, NULL, verb_log_verify },
        { "outbox", "", 0, 0, N_("List the messages that wait to be sent by mail or SMS (operators)"), NULL, outbox_options, verb_outbox },
        { "outbox read", "ID", 1, 1, N_("Show a message that waits, with its code (operators)"),
          N_("For machines that have neither mail nor SMS: the operator tells the person the code. It is recorded, and codes that an operator has read do not "
             "suffice for a reset, a PIN or an authenticator of an account that uses a seal."), NULL, verb_outbox_read },
        { "outbox cancel", "ID", 1, 1, N_("Take back a message that waits; its code is void (operators)"), NULL, NULL, verb_outbox_cancel },
        { "completion bash", "", 0, 0, N_("Print the completion script for bash"), NULL, NULL, verb_completion_bash },
        {},
};

/* How many of argv's words the verb consists of; 0 when it is another verb. */
static int match(const Verb *v, int argc, char **argv) {
        const char *p = v->words;
        int n = 0;

        for (;; n++) {
                size_t len = strcspn(p, " ");

                if (n >= argc || strlen(argv[n]) != len || memcmp(argv[n], p, len) != 0)
                        return 0;
                if (!p[len])
                        return n + 1;
                p += len + 1;
        }
}

const Verb *verb_find(int argc, char **argv, int *ret_words) {
        const Verb *best = NULL;
        int most = 0;

        for (const Verb *v = verbs; v->words; v++) {
                int n = match(v, argc, argv);

                if (n > most) {
                        most = n;
                        best = v;
                }
        }
        *ret_words = most;
        return best;
}

bool verb_is_group(const char *word) {
        size_t len = strlen(word);

        for (const Verb *v = verbs; v->words; v++)
                if (strncmp(v->words, word, len) == 0 && v->words[len] == ' ')
                        return true;
        return false;
}

int verb_run(Client *c, char **argv) {
        Arguments outer = c->arguments;
        const Verb *verb;
        int argc = 0, words, r;

        while (argv[argc])
                argc++;
        verb = verb_find(argc, argv, &words);
        c->arguments = (Arguments) { 0 };
        r = arguments_parse(verb, argc - words, argv + words, &c->arguments);
        if (r == 0)
                r = verb->run(c);
        arguments_done(&c->arguments);
        c->arguments = outer;
        return r;
}
