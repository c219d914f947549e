package main

import (
	"slices"

	"github.com/spf13/cobra"

	"wstap/capture"
	"wstap/cmd/wstap/report"
)

// newInterfacesCommand returns the command that lists interfaces.
func newInterfacesCommand(s *streams) *cobra.Command {
	format := "table"
	cmd := &cobra.Command{
		Use:   "interfaces",
		Short: "list the interfaces that wstap live can read",
		Long: `List the network interfaces of this machine. It needs no privilege, unlike reading
them.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if !slices.Contains(report.InterfaceFormats(), format) {
				return usage("", "-T %s: use table or json", format)
			}
			list, err := capture.Interfaces()
			if err != nil {
				return err
			}
			return written(report.Interfaces(s.out, format, list))
		},
	}
	cmd.Flags().StringVarP(&format, "format", "T", format, "write the list as table or json")
	complete(cmd, "format", report.InterfaceFormats)
	return cmd
}
