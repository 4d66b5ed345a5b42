/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Errors of the contract; see error.h. */

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "bus/error.h"
#include "bus/names.h"

static const struct {
        const char *name;
        int error;
        const char *sentence;
} errors[] = {
        { ERROR_DENIED, EACCES, "You are not allowed to do this." },
        { ERROR_AUTHORITY_UNAVAILABLE, ECONNREFUSED,
          "The authorisation service (polkit) did not answer, so the call was refused. Check that polkit is installed and running." },
        { ERROR_AUTHENTICATION_FAILED, EKEYREJECTED,
          "Login failed: the account and password do not fit, or the account is not open to this Unix user." },
        { ERROR_NO_SESSION, ESTALE, "There is no such session, or it has ended. Log in again." },
        { ERROR_TRY_LATER, EAGAIN, "Too many failed attempts. Wait and try again." },
        { ERROR_WRONG_CODE, EKEYREJECTED, "The one-time code is not right." },
        { ERROR_CODE_REQUIRED, EKEYREJECTED, "A one-time code is needed here." },
        { ERROR_CODE_USED, EALREADY, "This one-time code was used already. Wait for the next one." },
        { ERROR_SENT_CODE_REQUIRED, ENOKEY, "A code that is sent to you is needed here. Ask for one, and give it." },
        { ERROR_CODE_VOID, EKEYEXPIRED, "There is no such code, or it has expired, was used, replaced by a newer one, or tried too often. Ask for a new one." },
        { ERROR_CODE_SEEN, EKEYREJECTED,
          "An operator has read this code in the outbox, and such a code does not suffice here. Have a new one sent by mail or SMS." },
        { ERROR_NOT_POSSIBLE, EOPNOTSUPP, "This is not possible as things are." },
        { ERROR_CLOCK, ETIME, "The system's clock is behind what was recorded already. Set the clock, or enrol a new token." },
        { ERROR_NO_TOKEN, ENOKEY, "The account has no confirmed token. Enrol one first." },
        { ERROR_WRONG_PASSWORD, EKEYREJECTED, "The password of the key is not right." },
        { ERROR_NO_PIN, ENOKEY, "The account has no PIN. Set one first." },
        { ERROR_PIN_REQUIRED, EKEYREJECTED, "The PIN is needed here." },
        { ERROR_WRONG_PIN, EKEYREJECTED, "The PIN is not right. A one-time code that was given with it is used up." },
        { ERROR_PIN_BLOCKED, EPERM, "The PIN is blocked after five wrong ones. Unblock it with the codes by mail and SMS, or reset it." },
        { ERROR_WEAK_PASSWORD, EINVAL, "The password is too weak." },
        { ERROR_PASSWORD_CHANGE_REQUIRED, EKEYEXPIRED, "The password must be changed before anything else is done." },
        { ERROR_NOT_FOUND, ENOENT, "There is nothing of that name that you may see." },
        { ERROR_EXISTS, EEXIST, "It exists already." },
        { ERROR_INVALID_ARGUMENT, EINVAL, "An argument is not what the method takes." },
        { ERROR_LIMIT, ENOBUFS, "A limit was reached. Try again when other calls are done." },
        { ERROR_ITEM_REFUSED, EBADMSG, "An item is not what its type promises; nothing was signed." },
        { ERROR_OPERATION_STATE, ESTALE, "The operation does not exist, or is not in the state that this takes." },
        { ERROR_SEAL_BUSY, EBUSY, "The seal is in use by another account." },
        { ERROR_MANDATE, EPERM, "The mandate does not serve any more." },
        { ERROR_CERTIFICATE, EKEYEXPIRED, "The certificate cannot be used." },
        { ERROR_DISABLED, EPERM, "It is disabled." },
        { ERROR_KEY_COMPROMISED, EKEYREVOKED, "The key was reported as revealed and is blocked. Nothing is signed with it." },
        { ERROR_STORE, EIO, "The change could not be written; nothing was changed. See the service's log." },
        { ERROR_NOT_INITIALIZED, ENODATA, "The CA has no root certificate yet. Initialise it first." },
        { ERROR_NOT_READY, EAGAIN, "No operator has decided about the request yet." },
        { ERROR_REJECTED, EPERM, "An operator rejected the request." },
        { ERROR_NOT_PUBLISHED, EIO,
          "It is done and recorded, but could not be published: others go on to see the state of before. It is tried again each minute. See the service's log." },
        { ERROR_KEY_UNAVAILABLE, ENOKEY, "The CA's key cannot be used now. See the log of sygnet-ca-key." },
        { ERROR_DELIVERY_TEMPORARY, EAGAIN, "The message could not be delivered now." },
        { ERROR_DELIVERY_REFUSED, EREMOTEIO, "The message was refused and is not going to be delivered." },
        { ERROR_DELIVERY_NOT_CONFIGURED, ENODEV, "Messages of this kind are not sent from this machine. See courier.conf(5)." },
};

const char *bus_error_sentence(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(errors); i++)
                if (strcmp(errors[i].name, name) == 0)
                        return errors[i].sentence;
        return NULL;
}

static int name_to_errno(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(errors); i++)
                if (strcmp(errors[i].name, name) == 0)
                        return errors[i].error;
        return EIO;
}

int bus_error_set(sd_bus_error *e, const char *name, const char *format, ...) {
        va_list ap;

        if (!format) {
                sd_bus_error_set(e, name, bus_error_sentence(name));
        } else {
                va_start(ap, format);
                sd_bus_error_setfv(e, name, format, ap);
                va_end(ap);
        }
        return -name_to_errno(name);
}

int bus_error_set_errno(sd_bus_error *e, int error) {
        if (sd_bus_error_is_set(e))
                return error;
        switch (-error) {
        case EIO:
        case EROFS:
        case EBADMSG:
        case ENOTRECOVERABLE:
                return bus_error_set(e, ERROR_STORE, NULL);
        case ENOSPC:
        case EDQUOT:
                return bus_error_set(e, ERROR_STORE, "The disk is full; nothing was changed. Make room and try again.");
        case ENOBUFS:
        case E2BIG:
        case ENOMEM:
                return bus_error_set(e, ERROR_LIMIT, NULL);
        case ETIME:
                return bus_error_set(e, ERROR_CLOCK, NULL);
        default:
                return sd_bus_error_set_errno(e, error);
        }
}

int bus_error_set_argument(sd_bus_error *e, int error) {
        if (sd_bus_error_is_set(e))
                return error;
        switch (-error) {
        case EBADF:
                return bus_error_set(e, ERROR_INVALID_ARGUMENT,
                                     "A secret's descriptor must be a memfd sealed against writing, growing and shrinking.");
        case E2BIG:
                return bus_error_set(e, ERROR_LIMIT, "A secret is longer than 4096 bytes.");
        case ENOMEM:
                return bus_error_set(e, ERROR_LIMIT, NULL);
        default:
                return bus_error_set(e, ERROR_INVALID_ARGUMENT, NULL);
        }
}

const char *bus_error_time(int64_t seconds, char ret[static 32]) {
        time_t t = seconds;
        struct tm tm;

        if (!gmtime_r(&t, &tm) || strftime(ret, 32, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
                strcpy(ret, "an unknown time");
        return ret;
}
