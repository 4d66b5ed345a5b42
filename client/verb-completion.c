/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet completion bash: a script made from the verb table, so that it cannot drift from it. */

#include <stdio.h>
#include <string.h>

#include "client/verbs.h"

static void print_options(const Option *options) {
        for (const Option *o = options; o && o->name; o++)
                printf(" --%s", o->name);
}

/* Options whose value is a path, for file completion. */
static void print_path_options(void) {
        const char *separator = "";

        for (const Verb *v = verbs; v->words; v++)
                for (const Option *o = v->options; o && o->name; o++)
                        if (o->argument && strcmp(o->argument, "FILE") == 0) {
                                printf("%s--%s", separator, o->name);
                                separator = "|";
                        }
}

static void print_words(void) {
        for (const Verb *v = verbs; v->words; v++) {
                const char *space = strchr(v->words, ' ');

                if (!space)
                        printf(" %s", v->words);
                else if (v == verbs || strncmp(v->words, v[-1].words, (size_t) (space - v->words)) != 0)
                        printf(" %.*s", (int) (space - v->words), v->words);
        }
}

static void print_verbs(void) {
        for (const Verb *v = verbs; v->words; v++) {
                printf("                \"%s\") options=\"", v->words);
                print_options(v->options);
                print_options(common_options);
                printf("\" files=%d ;;\n", strstr(v->arguments, "FILE") != NULL);
        }
}

/* The second words of each first one. */
static void print_groups(void) {
        for (const Verb *v = verbs; v->words; v++) {
                const char *space = strchr(v->words, ' ');

                if (space)
                        printf("                %.*s) words=\"$words %s\" ;;&\n", (int) (space - v->words), v->words, space + 1);
        }
}

int verb_completion_bash(Client *c) {
        printf("# bash completion for sygnet; made by \"sygnet completion bash\"\n"
               "_sygnet() {\n"
               "        local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words= options= verb= files=0\n"
               "        if ((COMP_CWORD == 1)); then\n"
               "                COMPREPLY=($(compgen -W '");
        print_words();
        printf(" --help --version' -- \"$cur\"))\n"
               "                return\n"
               "        fi\n"
               "        case $prev in\n"
               "                -o|");
        print_path_options();
        printf(") compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"
               "                --format) COMPREPLY=($(compgen -W 'pades cades cades-enveloping xades xades-enveloping xades-detached' -- \"$cur\")); return ;;\n"
               "                --algorithm) COMPREPLY=($(compgen -W 'p256 p384 rsa3072 rsa4096 ed25519 rsa2048' -- \"$cur\")); return ;;\n"
               "                --place)\n"
               "                        words='daemon file token'\n"
               "                        [[ ${COMP_WORDS[1]} != sign ]] || words='top-left top top-right left center right bottom-left bottom bottom-right'\n"
               "                        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
               "                        return ;;\n"
               "                --page) COMPREPLY=($(compgen -W 'last' -- \"$cur\")); return ;;\n"
               "                --file-format) COMPREPLY=($(compgen -W 'p12 p8' -- \"$cur\")); return ;;\n"
               "                -c|--credential) compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"
               "                --kind) COMPREPLY=($(compgen -W 'customs signature authentication ksef-authentication ksef-offline' -- \"$cur\")); return ;;\n"
               "                --xml-canonical) COMPREPLY=($(compgen -W 'exclusive inclusive inclusive-1.1' -- \"$cur\")); return ;;\n"
               "                --form) COMPREPLY=($(compgen -W 'pem der base64' -- \"$cur\")); return ;;\n"
               "                --factors|--weakest) COMPREPLY=($(compgen -W 'otp pin+otp' -- \"$cur\")); return ;;\n"
               "                --profile) COMPREPLY=($(compgen -W 'seal customs personal authentication ksef-authentication ksef-offline ksef' -- \"$cur\")); return ;;\n"
               "        esac\n"
               "        case ${COMP_WORDS[1]} in\n");
        print_groups();
        printf("        esac\n"
               "        if ((COMP_CWORD == 2)) && [[ $words && $cur != -* ]]; then\n"
               "                COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
               "                return\n"
               "        fi\n"
               "        verb=${COMP_WORDS[1]}\n"
               "        [[ $words && \" $words \" == *\" ${COMP_WORDS[2]} \"* ]] && verb+=\" ${COMP_WORDS[2]}\"\n"
               "        case $verb in\n");
        print_verbs();
        printf("        esac\n"
               "        if [[ $cur == -* ]] || ((!files)); then\n"
               "                COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
               "        else\n"
               "                compopt -o filenames\n"
               "                COMPREPLY=($(compgen -f -- \"$cur\"))\n"
               "        fi\n"
               "}\n"
               "complete -F _sygnet sygnet\n");
        return EXIT_OK;
}
