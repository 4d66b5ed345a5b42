/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Passwords; see password.h. */

#include <errno.h>
#include <string.h>

#include "base/secret-file.h"
#include "courier/password.h"

int password_read(const CourierPlaces *places, const char *name, Secret **ret, char ret_problem[static DELIVERY_REASON_MAX]) {
        _cleanup_free_ char *own = NULL, *path = NULL;
        const char *problem;
        int r;

        ret_problem[0] = 0;
        if (places->passwords && asprintf(&own, "%s/%s", places->passwords, name) < 0)
                return -ENOMEM;
        r = secret_credential_read(name, own, ret, &path, &problem);
        if (r == 0)
                return secret_new(0, ret);
        if (r < 0 && path)
                (void) snprintf(ret_problem, DELIVERY_REASON_MAX, "The password in %.200s %s (%s).", path, problem, strerror(-r));
        return r < 0 ? r : 0;
}
