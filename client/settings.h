/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the client's configuration says: $XDG_CONFIG_HOME/sygnet/sygnet.conf (~/.config), and /etc/sygnet/sygnet.conf for what that leaves open. Options of the
 * command line come before both. */

#include <stddef.h>
#include <stdint.h>

#include "client/client.h"

#define SETTINGS_SYSTEM_FILE "/etc/sygnet/sygnet.conf"

/* A list of strings that are owned. */
typedef struct SettingsList {
        char **items;
        size_t n;
} SettingsList;

/* [Timestamp]: all of it is one file's, the user's where that has a URL, so that no password goes to an authority that another file named. */
typedef struct TimestampSettings {
        SettingsList urls;    /* URL=, may be repeated: asked in this order */
        char *user;           /* User= */
        char *password_file;  /* PasswordFile= */
        char *policy;         /* Policy= */
        SettingsList anchors; /* Anchors=, may be repeated */
        int64_t timeout;      /* Timeout=, seconds; 0 is the default */
} TimestampSettings;

typedef struct Settings {
        TimestampSettings timestamp;
} Settings;

/* 0, or an exit code after saying which line is wrong. */
int settings_load(Settings *ret);

void settings_done(Settings *s);
#define _cleanup_settings_ _cleanup_(settings_done)
