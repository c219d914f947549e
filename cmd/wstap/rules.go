package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"wstap/classify"
	"wstap/cmd/wstap/report"
)

// newRulesCommand returns the command that lists, checks and documents rules.
func newRulesCommand(s *streams) *cobra.Command {
	var files []string
	format := "table"
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "list the rules by which findings are made, check your own, document them",
		Long: `List the rules by which wstap says why a handshake failed. wstap explain ID says more
about one of them.

Rules of your own stand in YAML files and are added with --rules FILE, here and for
wstap read, live and explain:

  rules:
    - id: my-gateway-maintenance
      title: Our gateway is in maintenance
      phase: http            # dns, tcp, tls, proxy, http, options, frames or close
      severity: error        # error, warning or info
      certainty: strong      # proof, strong or hint
      when: http.status == 503 and response_header("X-Maintenance") == "on"
      because: 'the gateway says “{response_header("X-Maintenance-Until")}”'
      packets: [request, response]
      explains: [http-503]   # findings that follow from this one
      causes: [a planned maintenance]
      check: [the status page]

when is an expression as of --where; because is a text with expressions in braces.`,
		Example: `  wstap rules
  wstap rules check my-rules.yaml
  wstap --rules my-rules.yaml capture.pcap`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if !slices.Contains(report.RuleFormats(), format) {
				return usage("", "-T %s: use table or json", format)
			}
			c, err := loadRules(files)
			if err != nil {
				return err
			}
			return written(report.Rules(s.out, format, c))
		},
	}
	cmd.PersistentFlags().StringArrayVar(&files, "rules", nil, "add the rules in `FILE` (repeatable)")
	cmd.Flags().StringVarP(&format, "format", "T", format, "write the list as table or json")
	complete(cmd, "format", report.RuleFormats)
	check := &cobra.Command{
		Use:   "check FILE...",
		Short: "say what is wrong with files of rules",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := loadRules(slices.Concat(files, args))
			if err != nil {
				return err
			}
			groups := c.Groups()
			for _, g := range groups[len(groups)-len(args):] {
				if _, err := fmt.Fprintf(s.out, "%s: %s, nothing wrong\n", report.Escape(g.Path), report.Plural(len(g.Rules), "rule")); err != nil {
					return written(err)
				}
			}
			return nil
		},
	}
	document := &cobra.Command{
		Use:   "document",
		Short: "write the reference of all rules as Markdown",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			c, err := loadRules(files)
			if err != nil {
				return err
			}
			return written(report.Reference(s.out, c))
		},
	}
	cmd.AddCommand(check, document)
	return cmd
}

// loadRules returns our catalogue with the rules of the user's files.
func loadRules(files []string) (*classify.Catalogue, error) {
	builtin, err := classify.Builtin()
	if err != nil {
		return nil, err
	}
	c, err := builtin.With(files)
	if err != nil {
		return nil, ruleError(err)
	}
	return c, nil
}

// ruleError explains what is wrong with a file of rules.
func ruleError(err error) error {
	var e *classify.RuleError
	if errors.As(err, &e) {
		return &usageError{err, strings.TrimSpace(e.Hint)}
	}
	return &usageError{err: fmt.Errorf("--rules: %w", err)}
}
