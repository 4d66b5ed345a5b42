/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Names of the D-Bus contract; their meaning stands in dbus/ and in the policy file. No other file spells one out. */

#define SYGNET_BUS_NAME "org.sygnet.Sygnet1"
#define SYGNET_OBJECT_PATH "/org/sygnet/Sygnet1"
#define SYGNET_INTERFACE_MANAGER "org.sygnet.Sygnet1.Manager"
#define SYGNET_INTERFACE_ACCOUNT "org.sygnet.Sygnet1.Account"
#define SYGNET_INTERFACE_PIN "org.sygnet.Sygnet1.Pin"
#define SYGNET_INTERFACE_CREDENTIAL "org.sygnet.Sygnet1.Credential"
#define SYGNET_INTERFACE_TOKEN "org.sygnet.Sygnet1.Token"
#define SYGNET_INTERFACE_SESSION "org.sygnet.Sygnet1.Session"
#define SYGNET_INTERFACE_OPERATION "org.sygnet.Sygnet1.Operation"
#define SYGNET_INTERFACE_MANDATE "org.sygnet.Sygnet1.Mandate"
#define SYGNET_INTERFACE_AUDIT "org.sygnet.Sygnet1.Audit"
#define SYGNET_INTERFACE_OUTBOX "org.sygnet.Sygnet1.Outbox"

#define CA_BUS_NAME "org.sygnet.CA1"
#define CA_OBJECT_PATH "/org/sygnet/CA1"
#define CA_INTERFACE "org.sygnet.CA1"

#define CA_KEY_BUS_NAME "org.sygnet.CAKey1"
#define CA_KEY_OBJECT_PATH "/org/sygnet/CAKey1"
#define CA_KEY_INTERFACE "org.sygnet.CAKey1"

#define TRUST_BUS_NAME "org.sygnet.Trust1"
#define TRUST_OBJECT_PATH "/org/sygnet/Trust1"
#define TRUST_INTERFACE "org.sygnet.Trust1"

#define COURIER_BUS_NAME "org.sygnet.Courier1"
#define COURIER_OBJECT_PATH "/org/sygnet/Courier1"
#define COURIER_INTERFACE "org.sygnet.Courier1"

/* Errors, shared by all services. The comment is when; lib/bus/error.c has the sentence. */
#define SYGNET_ERROR "org.sygnet.Error."
#define ERROR_DENIED SYGNET_ERROR "Denied"                         /* polkit or the rules say no */
#define ERROR_AUTHORITY_UNAVAILABLE SYGNET_ERROR "AuthorityUnavailable" /* polkit cannot be asked; refused */
#define ERROR_AUTHENTICATION_FAILED SYGNET_ERROR "AuthenticationFailed" /* no such account, wrong password, not bound to this user: one answer */
#define ERROR_NO_SESSION SYGNET_ERROR "NoSession"                  /* unknown, ended or somebody else's */
#define ERROR_TRY_LATER SYGNET_ERROR "TryLater"                    /* slowed down after failures; says until when */
#define ERROR_WRONG_CODE SYGNET_ERROR "WrongCode"                  /* the one-time code is not right */
#define ERROR_CODE_REQUIRED SYGNET_ERROR "CodeRequired"            /* also in a remembered session: the credential's policy wants a one-time code here */
#define ERROR_CODE_USED SYGNET_ERROR "CodeUsed"                    /* it was right once */
#define ERROR_CODE_VOID SYGNET_ERROR "CodeVoid"                    /* of mail or SMS: none, expired, used, replaced, tried too often */
#define ERROR_CODE_SEEN SYGNET_ERROR "CodeSeen"                    /* an operator has read it, and that does not suffice here */
#define ERROR_SENT_CODE_REQUIRED SYGNET_ERROR "SentCodeRequired"   /* ask for a code by mail or SMS first, and give it */
#define ERROR_NOT_POSSIBLE SYGNET_ERROR "NotPossible"              /* there is no way to do it, as things are; says why */
#define ERROR_CLOCK SYGNET_ERROR "ClockUnusable"                   /* the clock is behind what was already recorded */
#define ERROR_NO_TOKEN SYGNET_ERROR "NoToken"                      /* the account has no confirmed token */
#define ERROR_WRONG_PASSWORD SYGNET_ERROR "WrongPassword"          /* of a key, within a session */
#define ERROR_WEAK_PASSWORD SYGNET_ERROR "WeakPassword"            /* says the rule, or which part of it is not met */
#define ERROR_PASSWORD_CHANGE_REQUIRED SYGNET_ERROR "PasswordChangeRequired" /* the session serves for nothing else before */
#define ERROR_NO_PIN SYGNET_ERROR "NoPin"                          /* the account has none yet */
#define ERROR_PIN_REQUIRED SYGNET_ERROR "PinRequired"              /* the credential's policy wants it, and none was given */
#define ERROR_WRONG_PIN SYGNET_ERROR "WrongPin"                    /* counted; the one-time code that came with it is spent */
#define ERROR_PIN_BLOCKED SYGNET_ERROR "PinBlocked"                /* after five wrong ones */
#define ERROR_NOT_FOUND SYGNET_ERROR "NotFound"                    /* no such credential, account, token … that this caller may see */
#define ERROR_EXISTS SYGNET_ERROR "Exists"
#define ERROR_INVALID_ARGUMENT SYGNET_ERROR "InvalidArgument"
#define ERROR_LIMIT SYGNET_ERROR "LimitReached"                    /* too many of something, or too large */
#define ERROR_ITEM_REFUSED SYGNET_ERROR "ItemRefused"              /* the item is not what its type promises */
#define ERROR_OPERATION_STATE SYGNET_ERROR "OperationState"        /* not prepared, not authorised, used up, or not these items */
#define ERROR_SEAL_BUSY SYGNET_ERROR "SealBusy"                    /* leased by another account; says until when */
#define ERROR_MANDATE SYGNET_ERROR "MandateUnusable"               /* revoked, expired, used up, frozen, or its giver or user is not who it was; says which */
#define ERROR_CERTIFICATE SYGNET_ERROR "CertificateUnusable"       /* none, expired, not yet valid, does not match the key */
#define ERROR_DISABLED SYGNET_ERROR "Disabled"                     /* the account or credential is disabled */
#define ERROR_KEY_COMPROMISED SYGNET_ERROR "KeyCompromised"        /* the key was reported as revealed and signs nothing */
#define ERROR_STORE SYGNET_ERROR "StoreFailed"                     /* could not be written; nothing was changed */
#define ERROR_NOT_INITIALIZED SYGNET_ERROR "NotInitialized"        /* the CA has no root yet */
#define ERROR_NOT_READY SYGNET_ERROR "NotReady"                    /* nobody has decided about the request yet */
#define ERROR_REJECTED SYGNET_ERROR "RequestRejected"              /* an operator did; says why */
#define ERROR_NOT_PUBLISHED SYGNET_ERROR "NotPublished"            /* done and on disk, but others cannot see it yet */
#define ERROR_KEY_UNAVAILABLE SYGNET_ERROR "KeyUnavailable"        /* the CA's key is in a token that cannot be used now; says why */
#define ERROR_DELIVERY_TEMPORARY SYGNET_ERROR "DeliveryTemporary"  /* a message was not delivered, but may be later; says why */
#define ERROR_DELIVERY_REFUSED SYGNET_ERROR "DeliveryRefused"      /* it is not going to be: the recipient or the message was refused */
#define ERROR_DELIVERY_NOT_CONFIGURED SYGNET_ERROR "DeliveryNotConfigured" /* there is no mail, or no SMS, on this machine */

/* polkit actions, declared in polkit/org.sygnet.policy.in. */
#define ACTION_USE "org.sygnet.use"                         /* log in, use what is one's own */
#define ACTION_MANAGE_ACCOUNTS "org.sygnet.manage-accounts"
#define ACTION_MANAGE_SEALS "org.sygnet.manage-seals"
#define ACTION_READ_AUDIT "org.sygnet.read-audit"
#define ACTION_READ_OUTBOX "org.sygnet.read-outbox"
#define ACTION_CA_INITIALIZE "org.sygnet.ca.initialize"
#define ACTION_CA_ISSUE "org.sygnet.ca.issue"
#define ACTION_CA_READ "org.sygnet.ca.read"
#define ACTION_CA_REQUEST "org.sygnet.ca.request" /* ask for a certificate, and for what became of it */
#define ACTION_CA_REVOKE "org.sygnet.ca.revoke"   /* suspend, resume, revoke, publish */
#define ACTION_TRUST_READ "org.sygnet.trust.read"
#define ACTION_TRUST_STATUS "org.sygnet.trust.status"
#define ACTION_TRUST_CHANGE "org.sygnet.trust.change"
